import Testing

@testable import Telemetry

@Suite
struct MetricRegistryTests {
    private let registry = MetricRegistry()

    private func value(_ metric: Metric, _ labels: [String] = []) -> Double? {
        registry.read().first { $0.metric.name == metric.name }?.values.first { $0.labels == labels }?.value
    }

    @Test
    func `a counter adds up and a gauge is replaced`() {
        for amount in [1.0, 2.5] {
            registry.add(amount, to: .flushSeconds)
            registry.set(.lagBytes, to: amount)
        }
        #expect(value(.flushSeconds) == 3.5 && value(.lagBytes) == 2.5)
    }

    @Test
    func `values come in the order of the list and of their labels, whatever order they came in`() {
        for table in ["b", "a", "ä", "Z"] { registry.add(1, to: .exportedRows, [table]) }
        registry.add(1, to: .exportSuccess, ["b"])
        let readings = registry.read()
        #expect(readings.map(\.metric.name) == ["sluice_export_success_total", "sluice_exported_rows_total"])
        #expect(readings.last?.values.map(\.labels) == [["Z"], ["a"], ["b"], ["ä"]])
    }

    @Test
    func `a gauge of tables forgets those that are gone`() {
        registry.replace(.pendingFiles, with: ["a": 1, "b": 2])
        registry.replace(.pendingFiles, with: ["b": 3])
        #expect(value(.pendingFiles, ["a"]) == nil && value(.pendingFiles, ["b"]) == 3)
    }

    @Test
    func `label sets beyond the limit are left out and counted`() {
        for number in 0..<MetricRegistry.labelSetLimit + 3 { registry.add(1, to: .exportedRows, ["\(number)"]) }
        registry.add(1, to: .exportedRows, ["0"])
        #expect(registry.read().first?.values.count == MetricRegistry.labelSetLimit)
        #expect(value(.exportedRows, ["0"]) == 2 && value(.leftOut) == 3)
    }

    @Test
    func `the process says how long it runs and what memory it has`() {
        let readings = Instruments().readings()
        func first(_ name: String) -> Double { readings.first { $0.metric.name == name }?.values.first?.value ?? 0 }
        #expect(first("process_resident_memory_bytes") > 1_000_000)
        #expect(first("process_start_time_seconds") > 1_700_000_000)
        #expect(first("sluice_uptime_seconds") >= 0)
    }
}
