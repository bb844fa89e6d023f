extension Form where Value == [Settings.Provider] {
  static var providers: Form {
    .named(\.name, .provider, nonEmpty: true) { name, _, reader in
      reader.names.declare(name, .provider)
    }
  }
}

extension Form where Value == Settings.Provider {
  static var provider: Form {
    .record(
      Settings.Provider(name: "", dialect: .openai, endpoints: [], keys: []),
      [
        Field(
          "dialect", \.dialect, .choice(), required: true, "Wire format of the provider.",
          .anyBut("open-inference", "the dialect open-inference is", instead: "openai")),
        .shorthand(
          "base_url", .baseURL,
          "The only endpoint's URL: up to and with the API's version, but for anthropic and ollama before it."
        ) {
          url, provider in
          provider.endpoints = [Settings.Endpoint(url: url)]
        },
        Field("endpoints", \.endpoints, .list(.endpoint, nonEmpty: true) { $0.url }, "Several endpoints.")
          .omittedWhenEmpty,
        Field("discover", \.discovery, .discovery, "Endpoints by name service."),
        Field("health", \.health, .health, "Checks of each endpoint over HTTP."),
        .shorthand("api_key", .secret, "The only key: \"${VAR}\" or { file: path }.") { key, provider in
          provider.keys = [key]
        },
        .shorthand("api_key_file", .secretFile, "File that holds the only key.") { key, provider in
          provider.keys = [key]
        },
        Field("api_keys", \.keys, .list(.secret), "Several keys, used in turn."),
        Field(
          "stream_usage", \.streamUsage, .choice(),
          "Whether streams are asked for usage that their client didn't want."),
        Field(
          "output_limit", \.outputLimit, .choice(),
          "How the limit of an answer's tokens is called where a request is translated for dialect openai."),
        Field(
          "api_version", \.apiVersion, .label,
          "Azure's: sent as api-version, and the key as api-key. Dialect openai alone."),
        Field("ca_file", \.caFile, .file, "Authorities that the endpoints' certificates must be from, PEM."),
        Field(
          "client_certificate_file", \.clientCertificateFile, .file,
          "Certificate shown to the endpoints, PEM."),
        Field("client_key_file", \.clientKeyFile, .file, "Its private key, PEM."),
        Field("proxy", \.proxy, .proxyURL, "Egress proxy."),
        Field("load", \.load, .load, "Where its endpoints say how loaded they are, in vLLM's gauges."),
        Field(
          "max_concurrent", \.maxConcurrent, .maxConcurrent,
          "Requests that each of its endpoints takes at a time, from all replicas together."),
        Field(
          "limits", \.limits, .limits(at: .provider),
          "What each of its credentials may use, over all tenants."
        )
        .omittedWhenEmpty,
      ],
      finish: Checks.provider)
  }
}

extension Form where Value == Settings.Endpoint {
  /// A URL, or a mapping.
  fileprivate static var endpoint: Form {
    Form<String>.baseURL.mapped({ Settings.Endpoint(url: $0) }, { $0.url })
      .or(
        .record(
          Settings.Endpoint(url: ""),
          [
            Field("url", \.url, .baseURL, required: true, "URL, as of base_url."),
            Field("weight", \.weight, .weight, "Share of the traffic."),
            Field("max_concurrent", \.maxConcurrent, .maxConcurrent, "In place of the provider's."),
            Field("zone", \.zone, .label, "Where it stands."),
            Field("labels", \.labels, .dictionary(.literal), "Anything else about it."),
          ]))
  }
}

extension Form where Value == Int {
  fileprivate static var maxConcurrent: Form { .int(1...1_000_000) }
}

extension Form where Value == Settings.Load {
  fileprivate static var load: Form {
    .record(
      Settings.Load(),
      [
        Field("path", \.path, .urlPath, "Path at the endpoint's host."),
        Field("every", \.every, .duration(), "Time between two looks."),
      ])
  }
}

extension Form where Value == Settings.Discovery {
  fileprivate static var discovery: Form {
    .record(
      Settings.Discovery(dns: ""),
      [
        Field(
          "dns", \.dns, .serverName, required: true,
          "Name whose addresses are the endpoints, with their port; or a service whose SRV records name them."
        ),
        Field("every", \.every, .duration(.milliseconds(100)...(.seconds(86_400))), "Time between look-ups."),
        Field(
          "scheme", \.scheme, .choice(), "How the endpoints are spoken to; a certificate must be of the name."
        ),
        Field("path", \.path, .urlPath, "Path of every endpoint, as of base_url."),
      ])
  }
}

extension Form where Value == Settings.Health {
  fileprivate static var health: Form {
    .record(
      Settings.Health(),
      [
        Field(
          "path", \.path, .urlPath, required: true,
          "Path from the root of an endpoint's host; answers 2xx where all is well."),
        Field("every", \.every, .duration(.milliseconds(100)...(.seconds(86_400))), "Time between checks."),
        Field(
          "timeout", \.timeout, .duration(.milliseconds(10)...(.seconds(3_600))), "Longest time of a check."),
        Field("unhealthy_after", \.unhealthyAfter, .int(1...100), "Failures until an endpoint is left out."),
        Field("healthy_after", \.healthyAfter, .int(1...100), "Successes until it is back."),
      ])
  }
}
