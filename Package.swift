// swift-tools-version: 6.2
import PackageDescription

/// Shared by every target: Swift 6 mode, visible existentials, imports that say what they use.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Targets that touch raw memory or C: every unsafe expression is spelled `unsafe`.
let memory: [SwiftSetting] = strict + [.strictMemorySafety(), .enableExperimentalFeature("Lifetimes")]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func cLibrary(_ name: String, pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "Parquet", targets: ["Parquet", "Columnar", "Bytes"]),
        // For Tests/Fuzzing only, which is a package of its own.
        .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
    ],
    traits: [
        // Places at which a test can end the process as `kill -9` does.
        .trait(name: "Failpoints")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // One C library, one system target, one Swift owner.
        cLibrary("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        cLibrary("CLibCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        cLibrary("CLibCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        cLibrary("CSnappy", pkgConfig: "snappy", apt: "libsnappy-dev"),
        cLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        cLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        cLibrary("CLZ4", pkgConfig: "liblz4", apt: "liblz4-dev"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CSpawn"),

        library("Bytes", settings: memory),
        library("Columnar", ["Bytes"], settings: memory),
        library("PostgresWire", ["Bytes"], settings: memory),
        library("PostgresClient", ["PostgresWire", "CLibPQ"], settings: memory),
        library("Parquet", ["Columnar", "Bytes", "CSnappy", "CZstd", "CZlib", "CLZ4"], settings: memory),
        library("Cryptography", ["CLibCrypto"], settings: memory),
        library("Ingest", ["Bytes", "Columnar", "Cryptography", "PostgresWire"], settings: memory),
        library("HTTP", ["CLibCurl", "Bytes"], settings: memory),
        library("AWS", ["HTTP", "Cryptography", "Bytes", "CSpawn"], settings: memory),
        library("ObjectStorage", ["AWS", "HTTP", "Cryptography", "Bytes", "CLinux"], settings: memory),
        library("Telemetry", [.product(name: "Logging", package: "swift-log")], settings: strict),
        library(
            "Monitoring",
            ["AWS", "Telemetry", .product(name: "Logging", package: "swift-log")],
            settings: strict
        ),
        library(
            "Lake",
            ["Bytes", "Columnar", "PostgresWire", "Ingest", "Parquet", "ObjectStorage"],
            settings: strict
        ),
        library(
            "Replication",
            [
                "AWS", "Bytes", "Columnar", "HTTP", "PostgresWire", "PostgresClient", "Ingest", "Parquet",
                "ObjectStorage",
                "Lake", "Telemetry", "CMalloc", .product(name: "Logging", package: "swift-log"),
            ],
            settings: strict
        ),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Monitoring", "Replication", "Lake", "Telemetry", "Ingest", "Parquet", "Columnar", "Bytes",
                "ObjectStorage",
                "AWS", "PostgresClient", "PostgresWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "StreamSink",
            dependencies: ["PostgresClient", "PostgresWire"],
            path: "Tests/StreamSink",
            swiftSettings: strict
        ),
        // Counts allocations for the benchmark; not a library of the system.
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .executableTarget(
            name: "DecodeBenchmark",
            dependencies: ["Bytes", "CAllocationCounter", "Columnar", "Ingest", "Parquet", "PostgresWire"],
            path: "Tests/DecodeBenchmark",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ParquetBenchmark",
            dependencies: ["Bytes", "Columnar", "Parquet"],
            path: "Tests/ParquetBenchmark",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ParquetWork",
            dependencies: ["Bytes", "CAllocationCounter", "Columnar", "Parquet"],
            path: "Tests/ParquetWork",
            swiftSettings: strict
        ),
        .target(name: "TestSupport", dependencies: ["HTTP"], path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "FuzzTargets",
            dependencies: ["Bytes", "Columnar", "Ingest", "Parquet", "PostgresWire"],
            path: "Tests/FuzzTargets",
            swiftSettings: strict
        ),
        tests("BytesTests", ["Bytes"]),
        tests("ColumnarTests", ["Bytes", "Columnar", "TestSupport"]),
        tests("PostgresWireTests", ["Bytes", "FuzzTargets", "PostgresWire"]),
        tests("CryptographyTests", ["Cryptography"]),
        tests("IngestTests", ["Bytes", "Columnar", "Ingest", "PostgresWire"]),
        tests("PostgresClientTests", ["PostgresClient", "PostgresWire"]),
        .testTarget(
            name: "ParquetTests",
            dependencies: ["Bytes", "Columnar", "FuzzTargets", "Parquet", "TestSupport"],
            exclude: ["Readers"],
            swiftSettings: strict
        ),
        tests("LakeTests", ["Columnar", "Ingest", "Lake", "ObjectStorage", "PostgresWire", "TestSupport"]),
        tests(
            "ReplicationTests",
            [
                "AWS", "Bytes", "Columnar", "Ingest", "Lake", "ObjectStorage", "Parquet", "PostgresClient",
                "PostgresWire",
                "Replication", "Telemetry", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ]
        ),
        tests(
            "MonitoringTests",
            ["AWS", "HTTP", "Monitoring", "Telemetry", "TestSupport", .product(name: "Logging", package: "swift-log")]
        ),
        tests("TelemetryTests", ["Telemetry", .product(name: "Logging", package: "swift-log")]),
        tests(
            "SluiceTests",
            [
                "sluice", "Bytes", "Columnar", "Ingest", "Lake", "ObjectStorage", "Parquet", "PostgresClient",
                "PostgresWire",
                "Replication",
                "Telemetry", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        tests("HTTPTests", ["HTTP", "TestSupport"]),
        tests("AWSTests", ["AWS", "HTTP", "Cryptography", "Bytes", "TestSupport"]),
        tests("ObjectStorageTests", ["ObjectStorage", "AWS", "HTTP", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
