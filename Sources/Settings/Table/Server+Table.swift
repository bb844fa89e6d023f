extension Form where Value == Settings.Server {
  static var server: Form {
    .record(
      Settings.Server(),
      [
        Field("port", \.port, .port, "Port of the data API."),
        Field("host", \.host, .host, "Address that the data port binds to."),
        Field("zone", \.zone, .label, "Where it stands: endpoints of the same zone are preferred."),
        Field("workers", \.workers, .workers, "Event loops; auto is one per core."),
        Field("max_body", \.maxBody, .bytes(), "Largest body of a request."),
        Field(
          "max_buffered", \.maxBuffered, .bytes(),
          "Bodies held at once in this process; beyond, requests get 503."),
        Field(
          "request_timeout", \.requestTimeout, .duration(),
          "From the first byte of a request to the last of its answer."),
        Field(
          "first_byte_timeout", \.firstByteTimeout, .firstByteTimeout,
          "From the start of an attempt to the first byte of its answer; plain answers have request_timeout by default."
        ),
        Field("connect_timeout", \.connectTimeout, .duration(), "To connect to an endpoint, TLS included."),
        Field("header_timeout", \.headerTimeout, .duration(), "For a client to send the head of a request."),
        Field(
          "body_timeout", \.bodyTimeout, .duration(),
          "For a client to send a body, and a second more for every 16 KiB received."),
        Field("idle_timeout", \.idleTimeout, .duration(), "For connections on which nothing moves."),
        Field(
          "drain_notice", \.drainNotice, .duration(),
          "How long a replica that ends still takes connections, while its readiness fails and its answers end theirs."
        ),
        Field(
          "drain_timeout", \.drainTimeout, .duration(), "For open exchanges to finish when the process ends."),
        Field("tls", \.tls, .tls, "Certificate of the data port.", .unbuilt("TLS on the data port is")),
      ],
      finish: Checks.server)
  }
}

extension Form where Value == Settings.FirstByteTimeout {
  /// One duration for both, or one each.
  static var firstByteTimeout: Form {
    Form<Duration>.duration().mapped({ .init(stream: $0, plain: $0) }, { $0.stream })
      .or(
        .record(
          .init(),
          [
            Field("stream", \.stream, .duration(), "For streamed answers."),
            Field("plain", \.plain, .duration(), "For answers in one piece; request_timeout where absent."),
          ],
          finish: { _, reader in
            if !reader.isWritten("stream"), !reader.isWritten("plain") {
              reader.fail("write stream, plain or both")
            }
          }))
  }
}

extension Form where Value == Int? {
  /// `auto` or a number.
  static var workers: Form {
    let number = Form<Int>.int(1...1024)
    return Form(
      schema: ["anyOf": [["const": "auto"], number.schema]],
      read: { tree, reader in
        if case .scalar("auto") = tree.content { return .some(nil) }
        return number.read(tree, &reader).map { .some($0) }
      },
      write: { $0.map(number.write) ?? .scalar("auto") })
  }
}

extension Form where Value == Settings.TLS {
  static var tls: Form {
    .record(
      Settings.TLS(certificateFile: "", keyFile: ""),
      [
        Field("certificate_file", \.certificateFile, .fileName, required: true, "Certificate chain, PEM."),
        Field("key_file", \.keyFile, .fileName, required: true, "Its private key, PEM."),
        Field(
          "client_ca_file", \.clientCAFile, .fileName, "Authorities that clients' certificates must be from."),
      ])
  }
}

extension Form where Value == Settings.Admin {
  static var admin: Form {
    .record(
      Settings.Admin(),
      [
        Field("port", \.port, .port, "Port of the admin API."),
        Field(
          "host", \.host, .host, "Address that the admin port binds to; beyond loopback it wants a token."),
        Field("token", \.token, .secret, "What callers of the admin port must show."),
      ],
      finish: Checks.admin)
  }
}

extension Form where Value == Settings.Telemetry {
  static var telemetry: Form {
    .record(
      Settings.Telemetry(),
      [
        Field("log", \.log, .choice(), "Access log: one JSON line per exchange, or none."),
        Field("decisions", \.decisions, .decisions, "Keeps what was decided about requests, by their ids."),
        .unkept("traces", .traces, "Where spans are sent.", .unbuilt("traces are")),
        .unkept("prices_in", .words(["usd"]), "Currency of prices."),
      ])
  }
}

extension Form where Value == Settings.Decisions {
  fileprivate static var decisions: Form {
    .record(
      Settings.Decisions(),
      [
        Field("keep", \.keep, .duration(.seconds(1)...(.seconds(86_400))), "For how long."),
        Field("sample", \.sample, .finePercent, "Of which share of the requests."),
      ])
  }
}

extension Form where Value == Unkept {
  fileprivate static var traces: Form {
    .record(
      Unkept(),
      [
        .unkept("otlp", .baseURL, required: true, "OTLP collector over HTTP."),
        .unkept("sample", .finePercent, "Share of exchanges that are traced."),
      ])
  }
}
