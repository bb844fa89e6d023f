import Glibc

/// What the kernel says of this process, read on a scrape. A figure that cannot be read is 0.
package struct ProcessFigures: Sendable {
  package var residentBytes: Int64
  package var openDescriptors: Int64
  package var maximumDescriptors: Int64
  package var processorNanoseconds: Int64
  /// Since 1970.
  package var startNanoseconds: Int64

  /// Reads `/proc`, about ten system calls: not for a worker's loop under load, but harmless there.
  package static func read() -> ProcessFigures {
    ProcessFigures(
      residentBytes: residentBytes(),
      openDescriptors: openDescriptors(),
      maximumDescriptors: maximumDescriptors(),
      processorNanoseconds: SystemClock.processorNanoseconds(),
      startNanoseconds: startNanoseconds())
  }

  /// Puts the figures into the shard of whoever scrapes; no other shard may hold them.
  package func record(in shard: MetricsShard, of registry: MetricsRegistry) {
    shard.set(registry.series(Catalogue.residentMemory), to: residentBytes)
    shard.set(registry.series(Catalogue.openDescriptors), to: openDescriptors)
    shard.set(registry.series(Catalogue.maximumDescriptors), to: maximumDescriptors)
    shard.set(registry.series(Catalogue.processorTime), to: processorNanoseconds)
    shard.set(registry.series(Catalogue.startTime), to: startNanoseconds)
  }

  private static func residentBytes() -> Int64 {
    let fields = contents(of: "/proc/self/statm").split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
    return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Entries of `/proc/self/fd` without `.`, `..` and the directory's own descriptor.
  private static func openDescriptors() -> Int64 {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var entries: Int64 = 0
    while readdir(directory) != nil { entries += 1 }
    return entries - 3
  }

  private static func maximumDescriptors() -> Int64 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int64(clamping: limit.rlim_cur)
  }

  /// Ticks since boot (field 22 of `stat`; the second field may hold blanks and ends with the last bracket)
  /// after the boot time.
  private static func startNanoseconds() -> Int64 {
    let stat = contents(of: "/proc/self/stat")
    guard let bracket = stat.lastIndex(of: ")") else { return 0 }
    let fields = stat[stat.index(after: bracket)...].split(separator: " ")
    let boot = contents(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    guard fields.count > 19, let ticks = Int64(fields[19]),
      let boot = boot.flatMap({ Int64($0.dropFirst(6)) })
    else { return 0 }
    return boot * 1_000_000_000 + ticks * (1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// A small file as text; empty when it cannot be read.
  private static func contents(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk.prefix(count))
    }
  }
}
