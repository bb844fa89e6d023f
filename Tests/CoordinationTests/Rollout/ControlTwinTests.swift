import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct ControlTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func controlScriptsAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    let sources = ControlSources()
    try TwinSequences.run(on: topology, usually: 400) { try ControlDuel($0, seed: $1, sources).run() }
  }

  /// A twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("epoch = max(epoch + 1, now)", "epoch = max(epoch, now)"),
    ("epoch = max(epoch + 1, now)", "epoch = epoch + 1"),
    ("local epoch = max(lease.epoch, config.epoch)", "local epoch = lease.epoch"),
    ("pairs(read_hash(KEYS[3])) do", "pairs({}) do"),
    ("if lease.epoch >= config.epoch then", "if true then"),
    ("if lease.id ~= id then return", "if false then return"),
    ("if left > span + TOLERANCE then left = 0 end", ""),
    ("left = max(0, min(left, span))", "left = max(0, left)"),
    ("'until', digits(now), 'span', '0'", "'until', digits(now)"),
    ("lease.epoch ~= ARGV[2] + 0", "false"),
    ("and lease.left > 0 end", "end"),
    ("lease.id == id and lease.epoch == epoch", "lease.id == id"),
    ("lease.id == id and lease.epoch == epoch", "lease.epoch == epoch"),
    ("or epoch < config.epoch then", "then"),
    ("config.version ~= expected or", ""),
    ("and config.hash == hash", ""),
    ("and config.version == version and config.hash", "and config.hash"),
    ("'[1-9]'", "'^[1-9]'"),
    ("if not candidate then return true end", "if not candidate then return false end"),
    ("'@' .. digits(candidate)", "'@' .. match(line, ' candidate=(%d+) ')"),
    ("if #gone > 0 then call('HDEL', KEYS[2], unpack(gone)) end", ""),
    ("call('HDEL', asks, id)", ""),
    ("digits(count + 1)", "digits(count)"),
    ("age < -TOLERANCE then stamp_epoch", "false then stamp_epoch"),
    ("past > KEPT or past < -TOLERANCE", "past > KEPT"),
    ("past > KEPT or past < -TOLERANCE", "past >= KEPT - 60000"),
    ("elseif past <= LIVE then", "else"),
    ("or config.hash ~= ARGV[4]", ""),
    ("if mark ~= ARGV[5] + 0 then", "if mark > ARGV[5] + 0 then"),
    ("votes >= 2 or", "votes >= 3 or"),
    ("or is_alone()", ""),
    ("and past >= -TOLERANCE then return false", "then return false"),
    ("if is_vetoed and not vetoes[all] then", "if is_vetoed and is_new then"),
    ("and field ~= all then", "then"),
    ("digits(max(mark + 1, now))", "digits(now)"),
    ("if not call('HGET', KEYS[4], ask) then return { 2 } end", ""),
    (
      "elseif stored == version and last == second and by == epoch then",
      "elseif last == second and by == epoch then"
    ),
    ("and last == second and by == epoch", "and last == second"),
    ("local mine = stored == version and last or 0", "local mine = last"),
    ("and not is_ahead) then", ") then"),
    ("if (second + 1) * 1000 > now then", "if second * 1000 > now then"),
    ("call('DEL', KEYS[2])", ""),
    ("if found == text then return { 1, 0 } end", ""),
    ("if count >= most then return { 0, count } end", ""),
    ("or at - now > TOLERANCE then", "then"),
    ("if other ~= id then gone", "if false then gone"),
    ("found[1] + 0 >= ARGV[2] + 0", "found[1] + 0 > ARGV[2] + 0"),
    ("now >= begins + 1000 + LATENESS", "now >= begins + 2000 + LATENESS"),
    ("or begins > now + EARLINESS then", "then"),
    ("if today > day then", "if today ~= day then"),
    ("day, spent, last = today, 0, nil", "day, spent = today, 0"),
    ("if last and last >= ARGV[2] + 0 then", "if last and last > ARGV[2] + 0 then"),
    ("min(MOST, spent + ARGV[3])", "ARGV[3] + 0"),
  ])
  func aPlantedDifferenceInControlIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    var places = 0
    let sources = ControlSources { source in
      if source.contains(line) { places += 1 }
      return source.replacing(line, with: planted)
    }
    #expect(places > 0, "there is such a line")
    #expect(throws: ControlDuel.Difference.self) {
      for seed in 0..<3_000 as Range<UInt64> { try ControlDuel(redis, seed: seed, sources).run() }
    }
  }
}
