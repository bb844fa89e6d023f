import Policy
import Testing

struct ServerGaugesTests {
  @Test func requestsAreAddedUpAndTheFullestCacheCounts() {
    let gauges = ServerGauges(
      """
      # HELP vllm:num_requests_running Number of requests in model execution batches.
      # TYPE vllm:num_requests_running gauge
      vllm:num_requests_running{engine="0",model_name="a b} c"} 3.0
      vllm:num_requests_running{engine="1",model_name="m"} 2.0 1795290242389
      vllm:num_requests_waiting 4
      vllm:num_requests_waiting_by_reason{reason="x"} 99
      vllm:kv_cache_usage_perc{engine="0"} 0.25
      vllm:kv_cache_usage_perc{engine="1"} 0.5
      process_open_fds 12
      """)
    #expect(gauges?.requests == 9)
    #expect(gauges?.cacheUse == 0.5)
  }

  @Test func theOlderNameOfTheCacheIsKnown() {
    #expect(ServerGauges("vllm:num_requests_running 0\nvllm:gpu_cache_usage_perc 7")?.cacheUse == 1)
    #expect(ServerGauges("vllm:num_requests_running 1")?.cacheUse == nil)
  }

  @Test(arguments: [
    "", "vllm:", "vllm:num_requests_running", "vllm:num_requests_running{ 3", "{}",
    "vllm:num_requests_running NaN",
    "<html>", "vllm:kv_cache_usage_perc 0.5",
  ])
  func whatIsNoReportIsNone(text: String) { #expect(ServerGauges(text) == nil) }
}
