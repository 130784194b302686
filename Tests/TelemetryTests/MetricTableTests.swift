import Foundation
import Testing

@testable import Telemetry

@Suite
struct MetricTableTests {
    @Test
    func `the README's table has every metric as the code has it, and no other`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let header = "| Prometheus | CloudWatch | kind | what it says |"
        let start = try #require(lines.firstIndex(of: header), "no line \(header)")
        let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }
        #expect(Array(rows) == Metric.all.map(Self.row))
    }

    private static func row(_ metric: Metric) -> String {
        let labels = metric.labels.isEmpty ? "" : "{\(metric.labels.joined(separator: ","))}"
        let cloudWatch = metric.cloudWatchName.map { name in
            metric.unit == .none ? "`\(name)`" : "`\(name)` (\(metric.unit.rawValue))"
        }
        return "| `\(metric.name)\(labels)` | \(cloudWatch ?? "") | \(metric.kind.rawValue) | \(metric.help) |"
    }
}
