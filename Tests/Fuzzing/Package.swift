// swift-tools-version: 5.4
// Later versions give an executable a main function, which is libFuzzer's here.
import PackageDescription

let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "sluice", path: "../..")],
    targets: [
        .executableTarget(
            name: "PgOutputFuzzer",
            dependencies: [.product(name: "FuzzTargets", package: "sluice")]
        )
    ]
)
