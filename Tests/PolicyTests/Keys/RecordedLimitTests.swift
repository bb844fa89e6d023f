import Policy
import Testing

struct RecordedLimitTests {
  @Test(arguments: [
    "600 requests per minute", "200000 tokens per hour by user", "1 input_tokens per second by model",
    "50 dollars per day Europe/Berlin", "0.000001 dollars per hour", "12.5 dollars per month",
    "8 concurrent", "3 concurrent by user outage open",
    "7 output_tokens per week Asia/Ho_Chi_Minh outage closed",
    "5 requests per day Etc/GMT+1 by model outage open",
    "50 dollars per day Europe/Berlin by user outage closed steer 80%", "5 dollars per month steer 1%",
  ])
  func aLimitIsWrittenAsItIsRead(_ text: String) throws {
    #expect(try RecordedLimit(text: text).description == text)
  }

  @Test func wordsMeanWhatTheConfigurationMeans() throws {
    let limit = try RecordedLimit(text: "12.50 dollars per day Europe/Berlin by user outage closed")
    let same = try RecordedLimit(
      12_500_000, .dollars, per: .day, zone: "Europe/Berlin", by: .user, outage: .closed)
    #expect(limit == same && limit.isBudget)
    #expect(try RecordedLimit(text: "200k tokens per minute").amount == 200_000)
    #expect(try RecordedLimit(text: "2M tokens  per  day UTC").description == "2000000 tokens per day")
    #expect(try !RecordedLimit(text: "1 requests per hour").isBudget)
    #expect(try RecordedLimit(text: "1 dollars per hour").isBudget)
  }

  @Test(arguments: [
    ("", "begin"), ("requests per minute", "begin"), ("600 wishes per minute", "begin"),
    ("x requests per minute", "number"), ("-1 requests per minute", "number"),
    ("0 requests per minute", "more than nothing"), ("1.5 requests per minute", "number"),
    ("1e3 requests per minute", "number"), ("+1 requests per minute", "number"),
    ("k tokens per day", "number"),
    ("1.0000001 dollars per day", "number"), ("1. dollars per day", "number"),
    ("1k dollars per day", "number"),
    ("99999999999999999 tokens per day", "number"), ("9223372036854775M tokens per day", "number"),
    ("4503599627370497 tokens per day", "too large"), ("75059993791 tokens per minute", "too large"),
    ("4503599628 dollars per day", "too large"), ("600 requests", "no window"),
    ("600 requests per", "not per one of"), ("600 requests per year", "not per one of"),
    ("8 concurrent per minute", "no window: it is"), ("1000001 concurrent", "more than 1000000"),
    ("5 dollars per minute", "needs an hour"), ("5 requests per minute Europe/Berlin", "means nothing"),
    ("5 requests per day Europe//Berlin", "zone"), ("5 requests per day ../etc", "zone"),
    ("5 requests per day by tenant", "not by one of"), ("5 requests per day by", "not by one of"),
    ("5 requests per day outage maybe", "outage"), ("5 requests per day by user now", "means nothing"),
    ("5 requests per day outage open by user", "means nothing"),
    ("5 tokens per day steer 80%", "can't steer"), ("5 dollars per day steer 0%", "can't steer"),
    ("5 dollars per day steer 100%", "percentage"), ("5 dollars per day steer", "percentage"),
    ("5 dollars per day steer soon", "percentage"), ("5 dollars per day steer 80% by user", "means nothing"),
    (String(repeating: "5", count: 201), "too long"),
  ])
  func whatIsNoLimitIsRefusedWithTheReason(_ text: String, _ reason: String) {
    do {
      let limit = try RecordedLimit(text: text)
      Issue.record("\(limit) was read")
    } catch {
      #expect(error.field == "limits" && error.description.contains(reason), "\(error)")
    }
  }

  @Test func aZoneMeansNothingToExchangesAtOnce() {
    #expect(throws: KeyRecordError.self) {
      try RecordedLimit(8, .concurrent, per: nil, zone: "Europe/Berlin")
    }
  }

  @Test func theLargestAmountsCanBeCounted() throws {
    for text in [
      "4503599627370496 tokens per day", "75059993789 tokens per minute", "1250999896 tokens per hour",
      "4503599627.370496 dollars per month", "4503599627370 tokens per second",
    ] {
      let limit = try RecordedLimit(text: text)
      #expect(limit.amount <= Bucket.Rule.maximumUnits)
      let windows: [RecordedLimit.Window: Int64] = [.second: 1_000, .minute: 60_000, .hour: 3_600_000]
      guard !limit.isBudget, let window = limit.window.flatMap({ windows[$0] }) else { continue }
      #expect(Bucket.Rule.isValid(tokens: limit.amount, window: window))
      #expect(!Bucket.Rule.isValid(tokens: limit.amount + 1, window: window))
    }
  }
}
