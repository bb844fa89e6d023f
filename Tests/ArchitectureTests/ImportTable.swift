/// Who may import whom: architecture §3 for the targets that exist, as data.
///
/// A target that is not listed may not exist; a module that is not listed may not be imported. What a target may import, it may
/// also depend on in Package.swift.
enum ImportTable {
  struct Row {
    var target: String
    /// Modules that every file of the target may import.
    var modules: Set<String>
    /// Modules that only these files may import, by file name.
    var doors: [String: Set<String>] = [:]
    /// Modules that only `Package.swift` names: C targets have no `import`.
    var isC = false

    /// What may be imported from a file of this name.
    func mayImport(from file: String) -> Set<String> {
      modules.union(doors.filter { $0.value.contains(file) }.keys)
    }

    /// Everything that some file may import.
    var everything: Set<String> { modules.union(doors.keys) }
  }

  static let nio: Set = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"]
  /// Of the toolchain, without I/O, time or chance: allowed everywhere but in `Policy`.
  static let standard: Set = ["Synchronization"]

  static let rows = [
    Row(target: "CCurl", modules: [], isC: true),
    Row(target: "CHiredis", modules: [], isC: true),
    Row(target: "CLinux", modules: [], isC: true),
    Row(target: "CSimdjson", modules: [], isC: true),
    Row(target: "CYAML", modules: [], isC: true),
    Row(target: "CZlib", modules: [], isC: true),

    Row(target: "Policy", modules: []),
    Row(
      target: "Settings", modules: standard.union(["Policy"]),
      doors: ["Glibc": ["Disk.swift"], "CYAML": ["Document.swift"]]),
    Row(
      target: "Coordination",
      modules: standard.union(nio).union(["Policy", "CHiredis", "Crypto", "NIOSSL", "Glibc"]),
      doors: ["CZlib": ["BodyCodec.swift"]]),
    Row(target: "Upstream", modules: standard.union(nio).union(["CCurl", "CLinux", "Glibc"])),
    Row(
      target: "Dialects", modules: standard.union(["Policy", "CSimdjson"]),
      // memcmp, memchr and the like, where bytes are compared or searched.
      doors: ["Glibc": ["UnsafeRawBufferPointer+Search.swift", "KeySet.swift", "JSONBytes.swift"]]),
    Row(target: "Telemetry", modules: standard.union(nio).union(["Glibc", "Logging"])),
    Row(
      target: "Gateway",
      modules: standard.union(nio).union([
        "Policy", "Settings", "Coordination", "Upstream", "Dialects", "Telemetry", "Crypto", "Logging",
        "Glibc",
      ]),
      // The data port has a parser of our own; NIO's codec serves the admin port.
      doors: [
        "NIOHTTP1": [
          "AdminServer.swift", "AdminDesk.swift", "AdminAnswer.swift", "AdminExplain.swift",
          "AdminKeys.swift",
          "AdminRollouts.swift", "AdminExperiments.swift", "AdminDecisions.swift",
        ],
        "CLinux": ["ListenerDoor.swift"],
      ]),

    Row(
      target: "Control",
      modules: standard.union(nio).union(["Policy", "Settings", "Coordination", "Telemetry", "Logging"])),

    Row(
      target: "switchyard",
      modules: standard.union(nio).union([
        "Policy", "Settings", "Coordination", "Upstream", "Dialects", "Telemetry", "Gateway", "Control",
        "ArgumentParser", "Logging", "UnixSignals", "Glibc", "FoundationEssentials", "Dispatch",
      ])),
    Row(
      target: "modelsim",
      modules: standard.union(nio).union(["ArgumentParser", "Glibc", "Foundation", "Dispatch"])),
  ]

  static func row(_ target: String) -> Row? { rows.first { $0.target == target } }
}
