import Testing

@testable import Telemetry

@Suite struct CatalogueTests {
  @Test(arguments: Catalogue.all)
  func everyNameFollowsPrometheusRules(family: MetricFamily) {
    #expect(family.name.wholeMatch(of: /(switchyard|gen_ai|process)_[a-z][a-z_]*[a-z]/) != nil)
    #expect(family.labels.allSatisfy { $0.wholeMatch(of: /[a-z][a-z_]*/) != nil && $0 != "le" })
    #expect((family.kind == .counter) == family.name.hasSuffix("_total"))
    #expect(["_count", "_sum", "_bucket"].allSatisfy { !family.name.hasSuffix($0) })
    #expect((family.unit == .seconds) == family.name.contains("_seconds"))
    #expect(!family.help.isEmpty)
  }

  @Test func everyNameIsUnique() {
    #expect(Set(Catalogue.all.map(\.name)).count == Catalogue.all.count)
  }

  @Test func aSettlementReachesEveryFamilyOfTheExchange() {
    let registry = MetricsRegistry()
    let shard = MetricsShard(registry: registry)
    let series = ExchangeSeries(registry: registry, model: "chat", provider: "openai", operation: "chat")
    var settlement = Settlement(status: 200, durationNanoseconds: 2_000_000_000, overheadNanoseconds: 30_000)
    settlement.firstTokenNanoseconds = 150_000_000
    settlement.inputTokens = 100
    settlement.outputTokens = 20
    settlement.costMicrodollars = 1_500
    series.record(settlement, in: shard)
    var failure = Settlement(status: 0, durationNanoseconds: 1, overheadNanoseconds: 1)
    failure.errorSource = .client
    series.record(failure, in: shard)

    let text = PrometheusText.render([shard.snapshot()], of: registry)
    let labels =
      "gen_ai_operation_name=\"chat\",gen_ai_request_model=\"chat\",gen_ai_provider_name=\"openai\""
    let requests = "switchyard_requests_total{model=\"chat\",provider=\"openai\""
    for line in [
      "\(requests),status_class=\"2xx\",error_source=\"none\"} 1",
      "\(requests),status_class=\"none\",error_source=\"client\"} 1",
      "switchyard_request_duration_seconds_bucket{model=\"chat\",le=\"2.56\"} 2",
      "switchyard_overhead_seconds_bucket{model=\"chat\",le=\"0.00005\"} 2",
      "switchyard_tokens_total{model=\"chat\",type=\"output\"} 20",
      "switchyard_cost_dollars_total{model=\"chat\"} 0.0015",
      "gen_ai_server_request_duration_seconds_count{\(labels)} 2",
      "gen_ai_server_time_to_first_token_seconds_sum{\(labels)} 0.15",
      "gen_ai_client_token_usage_bucket{\(labels),gen_ai_token_type=\"input\",le=\"67108864\"} 1",
    ] {
      #expect(text.contains(line + "\n"))
    }
  }

  @Test func processFiguresArePlausible() {
    let figures = ProcessFigures.read()
    let now = SystemClock.wallMilliseconds() * 1_000_000
    #expect(figures.residentBytes > 1 << 20)
    #expect((3...figures.maximumDescriptors).contains(figures.openDescriptors))
    #expect(figures.processorNanoseconds > 0)
    #expect((now - 3_600_000_000_000...now + 1_000_000_000).contains(figures.startNanoseconds))
  }
}
