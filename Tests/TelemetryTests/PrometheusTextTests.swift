import Testing

@testable import Telemetry

@Suite
struct PrometheusTextTests {
    private func text(_ metric: Metric, _ values: [(labels: [String], value: Double)]) -> String {
        let values = values.map { MetricReading.Value(labels: $0.labels, value: $0.value) }
        return PrometheusText.text([MetricReading(metric: metric, values: values)])
    }

    @Test
    func `a family is its help, its type and its values`() {
        let metric = Metric.counter("rows_total", nil, .count, by: ["table"]).help("Rows.")
        #expect(
            text(metric, [(["a"], 12), (["b"], 0.25)]) == """
                # HELP rows_total Rows.
                # TYPE rows_total counter
                rows_total{table="a"} 12
                rows_total{table="b"} 0.25

                """
        )
    }

    @Test
    func `what ends a line or a value is escaped`() {
        let metric = Metric.gauge("size", nil, .bytes, by: ["table"]).help("One\\two\nthree \"four\".")
        #expect(
            text(metric, [(["a\"b\\c\nd"], 1)]) == #"""
                # HELP size One\\two\nthree "four".
                # TYPE size gauge
                size{table="a\"b\\c\nd"} 1

                """#
        )
    }

    @Test(arguments: [
        (0.0, "0"), (-3.0, "-3"), (1_500_000_000_000.0, "1500000000000"), (0.1, "0.1"), (1e300, "1e+300"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `numbers are written as Prometheus reads them`(value: Double, expected: String) {
        #expect(text(Metric.gauge("x", nil, .none).help("X."), [([], value)]).hasSuffix("\nx \(expected)\n"))
    }

    @Test
    func `every name is one that Prometheus and CloudWatch take, and none is twice`() {
        let names = Metric.all.map(\.name)
        #expect(Set(names).count == names.count)
        let cloudWatchNames = Metric.all.compactMap(\.cloudWatchName)
        #expect(Set(cloudWatchNames).count == cloudWatchNames.count)
        for metric in Metric.all {
            #expect(metric.name.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }, "\(metric.name)")
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
            #expect(metric.cloudWatchName?.utf8.allSatisfy { (97...122).contains($0 | 0x20) } ?? true)
            #expect(metric.help.hasSuffix(".") && !metric.help.contains("\n"), "\(metric.name)")
        }
    }
}
