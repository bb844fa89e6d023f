// swift-tools-version: 6.3
import PackageDescription

/// What every Swift target is compiled with.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  // Locks that the thread sanitizer understands: what `Synchronization.Mutex` guards looks like a race to it.
  .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]
let core: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let http1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let embedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A target of ours, with the settings that all share.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "switchyard",
  products: [
    .executable(name: "switchyard", targets: ["switchyard"]),
    .executable(name: "modelsim", targets: ["modelsim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    // Typed doors to C; no logic.
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CLinux", linkerSettings: [.linkedLibrary("resolv")]),
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "CHiredis", linkerSettings: [.linkedLibrary("hiredis")]),
    .target(name: "CYAML", linkerSettings: [.linkedLibrary("yaml")]),
    .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),

    module("Policy"),
    module("Settings", ["Policy", "CYAML"]),
    .target(
      name: "Coordination", dependencies: ["Policy", "CHiredis", "CZlib", crypto, tls] + nio,
      resources: [.embedInCode("Scripts")], swiftSettings: strict),
    module("Upstream", ["CCurl", "CLinux"] + nio),
    .target(
      name: "Dialects", dependencies: ["Policy", "CSimdjson"], resources: [.embedInCode("Models")],
      swiftSettings: strict),
    module("Telemetry", [logging] + nio),
    module(
      "Gateway",
      [
        "Policy", "Settings", "Coordination", "Upstream", "Dialects", "Telemetry", "CLinux", crypto, logging,
        http1,
      ] + nio),

    module("Control", ["Policy", "Settings", "Coordination", logging, core]),

    program(
      "switchyard",
      ["Gateway", "Control", "Settings", "Coordination", "Policy", "Telemetry", arguments, logging, signals]
        + nio),
    program("modelsim", [arguments] + nio),

    .executableTarget(
      name: "loadgen", dependencies: ["CLinux", arguments], path: "Tests/Benchmarks/loadgen",
      swiftSettings: strict),

    .target(name: "CMallocs", path: "Tests/Benchmarks/mallocs"),
    .executableTarget(
      name: "decisions", dependencies: ["Policy", "CMallocs"], path: "Tests/Benchmarks/decisions",
      swiftSettings: strict),
    .executableTarget(
      name: "facts", dependencies: ["Dialects", "Policy", "CMallocs"], path: "Tests/Benchmarks/facts",
      swiftSettings: strict),
    .executableTarget(
      name: "classes", dependencies: ["Policy"], path: "Tests/Benchmarks/classes", swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: nio, path: "Tests/TestSupport", swiftSettings: strict),
    tests("PolicyTests", ["Policy", "TestSupport"]),
    tests("SettingsTests", ["Settings", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("CoordinationTests", ["Coordination", "Policy", "CHiredis", "TestSupport"] + nio),
    tests(
      "SimulationTests",
      [
        "Control", "Coordination", "Gateway", "Policy", "Settings", "Telemetry", "Upstream", core, embedded,
        logging,
      ]),
    tests("UpstreamTests", ["Upstream", "TestSupport"] + nio),
    tests("DialectsTests", ["Dialects", "Policy", "TestSupport"]),
    tests("TelemetryTests", ["Telemetry", "TestSupport", logging] + nio),
    tests(
      "GatewayTests",
      [
        "Gateway", "Settings", "Coordination", "Policy", "Telemetry", "Upstream", "TestSupport", http1,
        embedded, logging,
      ] + nio),
    tests("ControlTests", ["Control", "Coordination", "Policy", logging] + nio),
    tests("ModelsimTests", ["modelsim", "TestSupport"] + nio),
    tests("ArchitectureTests", []),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Under a sanitizer, where a build takes long, nothing but the tests named here and the libraries: `.ci/run` says which.
if let named = Context.environment["SWITCHYARD_TESTS"]?.split(separator: " ") {
  package.products = []
  package.targets.removeAll { target in
    switch target.type {
    case .executable: true
    case .test: !named.contains { $0 == target.name }
    default: false
    }
  }
}
