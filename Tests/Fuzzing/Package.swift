// swift-tools-version: 5.4
// Later versions give an executable a main function, which is libFuzzer's here.
import PackageDescription

func fuzzer(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: [.product(name: "FuzzTargets", package: "sluice")])
}

let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "sluice", path: "../..")],
    targets: [
        fuzzer("PgOutputFuzzer"), fuzzer("CellFuzzer"), fuzzer("PageValuesFuzzer"), fuzzer("PageCodecFuzzer"),
        fuzzer("ColumnChunkFuzzer"), fuzzer("FooterFuzzer"), fuzzer("ParquetFileFuzzer"), fuzzer("DamagedFileFuzzer"),
        fuzzer("PageIndexFuzzer"),
    ]
)
