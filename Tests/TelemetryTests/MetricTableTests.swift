import Foundation
import Testing

@testable import Telemetry

@Suite
struct MetricTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test
    func `the documented table has every metric as the code has it, and no other`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/metrics.md"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let header = "| Prometheus | CloudWatch | kind | what it says |"
        let start = try #require(lines.firstIndex(of: header), "no line \(header)")
        let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }
        #expect(Array(rows) == Metric.all.map(Self.row))
    }

    @Test(arguments: ["config/prometheus/alerts.yaml", "config/grafana/sluice.json"])
    func `rules and dashboard know only metrics that there are`(path: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        let names = text.matches(of: /\b(?:sluice|process)_[a-z_]+/).map { String($0.output) }
        #expect(!names.isEmpty)
        #expect(Set(names).subtracting(Metric.all.map(\.name)) == [])
    }

    private static func row(_ metric: Metric) -> String {
        let labels = metric.labels.isEmpty ? "" : "{\(metric.labels.joined(separator: ","))}"
        let cloudWatch = metric.cloudWatchName.map { name in
            metric.unit == .none ? "`\(name)`" : "`\(name)` (\(metric.unit.rawValue))"
        }
        return "| `\(metric.name)\(labels)` | \(cloudWatch ?? "") | \(metric.kind.rawValue) | \(metric.help) |"
    }
}
