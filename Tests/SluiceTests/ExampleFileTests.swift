import Foundation
import Lake
import PostgresWire
import Replication
import Telemetry
import Testing

@testable import sluice

@Suite
struct ExampleFileTests {
    let text: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "config/sluice.example.yaml"), encoding: .utf8)
    }

    @Test
    func `the example is taken by the strict reader and says what the code's defaults are`() throws {
        let settings = try Settings(yaml: text, file: "example", environment: [:])
        #expect(settings == Settings())
    }

    @Test
    func `every default is written out`() throws {
        #expect(text.contains("compression: snappy\n"))
        #expect(text.contains("row_group_size: 128MiB\n"))
        #expect(text.contains("memory_limit: 512MiB\n"))
        #expect(text.contains("encryption: none\n"))
        #expect(text.contains("slot: sluice\n") && text.contains("publication: sluice\n"))
        #expect(text.contains("max_interval: 60s\n"))
        #expect(text.contains("max_size: 64MiB\n"))
        #expect(text.contains("max_rows: 1000000\n"))
        #expect(text.contains("interval: 5m\n") && text.contains("compact_changes_after: 2d\n"))
        #expect(text.contains("workgroup: primary\n") && text.contains("live_views: true\n"))
        #expect(text.contains("partitions: projection\n") && AthenaOptions(database: "d").partitions == .projection)
        #expect(AthenaOptions.defaultWorkGroup == "primary" && AthenaOptions(database: "d").liveViews)
        #expect(ParquetOptions.defaultRowGroupSize == 128 << 20)
        #expect(BackfillRequest.defaultMemoryLimit == 512 << 20)
    }

    @Test
    func `the commented table is taken too and has the defaults of tables`() throws {
        let settings = try Settings(yaml: tableLines, file: "example", environment: [:])
        let rule = try #require(settings.tables.first)
        #expect(settings.tables.count == 1)
        #expect(rule.pattern.exactName.map { "\($0).\($1)" } == "public.invoices")
        var expected = TableOptions()
        expected.partitionColumn = TableOptions.defaultPartitionColumn
        expected.representations = ["total_amount": .decimal(precision: 12, scale: 2)]
        #expect(rule.options == expected)
    }

    @Test(arguments: Settings.keyPaths)
    func `every key that the code knows occurs`(path: String) throws {
        let key = try #require(path.split(separator: ".").last)
        let block =
            path.hasPrefix("tables[]") ? tableLines : path.hasPrefix("monitoring.cloudwatch.") ? cloudWatchLines : text
        let lines = block.split(separator: "\n")
        #expect(lines.contains { $0.drop { " -".contains($0) }.hasPrefix("\(key):") }, "\(path)")
    }

    @Test
    func `the commented lines for CloudWatch are taken too and say its defaults`() throws {
        let settings = try Settings(yaml: cloudWatchLines, file: "example", environment: [:])
        #expect(settings.monitoring.cloudWatch == CloudWatchOptions())
        #expect(settings.monitoring.http == nil)
    }

    private var tableLines: String { commentedLines(from: "#tables:") }

    private var cloudWatchLines: String { commentedLines(from: "#monitoring:") }

    /// The lines from a marker to the next empty one, without their leading `#`.
    private func commentedLines(from marker: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { $0 != marker }.prefix { !$0.isEmpty }.map { $0.dropFirst() }.joined(separator: "\n")
    }
}
