internal import Policy

extension Form where Value == [Settings.Price] {
  /// One price, or a list of such with their days.
  static var prices: Form {
    let one = Form<Settings.Price>.price
    let many = Form<[Settings.Price]>.list(one, nonEmpty: true)
    return Form(
      schema: ["anyOf": [one.schema, many.schema]],
      read: { tree, reader in
        guard case .sequence = tree.content else { return one.read(tree, &reader).map { [$0] } }
        return many.read(tree, &reader).map { PriceChecks.ordered($0, &reader) }
      },
      write: { $0.count == 1 ? one.write($0[0]) : many.write($0) })
  }
}

extension Form where Value == Settings.Price {
  fileprivate static var price: Form {
    .record(
      Settings.Price(input: 0, output: 0),
      [
        Field("input", \.input, .price, required: true, "Of input tokens."),
        Field("output", \.output, .price, required: true, "Of output tokens."),
        Field(
          "cached_input", \.cachedInput, .price,
          "Of input tokens that the provider had cached; as the others by default."),
        Field(
          "reasoning", \.reasoning, .price,
          "Of output tokens that were thought, not said; as the others by default."),
        Field("from", \.from, .day, "The first day on which it holds, by UTC; by default it always has."),
        Field(
          "until", \.until, .day,
          "The first day on which it no longer holds, by UTC; by default it always will."),
      ],
      finish: PriceChecks.days)
  }
}

extension Form where Value == Int64 {
  /// `2026-12-01`, as days since 1970.
  fileprivate static var day: Form {
    .scalar(
      "a day", schema: .pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}", "2026-12-01"),
      parse: { text throws(Refusal) in
        guard let date = CivilDate(text) else {
          throw Refusal("is not a day of the calendar, such as 2026-12-01")
        }
        return date.days
      }, write: { CivilDate(days: $0).text })
  }
}

/// When prices hold.
private enum PriceChecks {
  static func days(_ price: inout Settings.Price, _ reader: inout Reader) {
    guard let from = price.from, let until = price.until, until <= from else { return }
    reader.fail(
      "leaves the price no day: it is the first day on which that no longer holds, so write one behind 'from'",
      under: ["until"])
  }

  /// In the order of time. A day has one price at most, and none between two prices is without.
  static func ordered(_ prices: [Settings.Price], _ reader: inout Reader) -> [Settings.Price] {
    guard !reader.hasErrors(at: []) else { return prices }
    let order = prices.indices.sorted { begin(prices[$0]) < begin(prices[$1]) }
    for (one, next) in zip(order, order.dropFirst()) {
      let line = reader.line(of: ["[\(one)]"])
      guard let why = flaw(of: prices[next], after: prices[one], in: line) else { continue }
      reader.fail(why, under: ["[\(next)]", "from"])
      break  // what comes behind it may be wrong for the same reason
    }
    return order.map { prices[$0] }
  }

  private static func begin(_ price: Settings.Price) -> Int64 { price.from ?? .min }

  private static func flaw(of next: Settings.Price, after one: Settings.Price, in line: Int) -> String? {
    guard let until = one.until else {
      return "overlaps the price in line \(line), which has no end: write 'until' there"
    }
    let day = CivilDate(days: until).text
    if begin(next) < until { return "overlaps the price in line \(line), which holds until \(day)" }
    return begin(next) > until
      ? "leaves days without a price, as that in line \(line) ends before: write from: \(day), or a later 'until' there"
      : nil
  }
}
