import AWS
import Telemetry
import Testing

@testable import Monitoring

@Suite
struct MetricDeltasTests {
    private let instruments = Instruments()
    private let time = Timestamp(seconds: 1_700_000_000)

    private func export(_ table: String, rows: Int) {
        instruments.exported(SummaryTable.Row(table: table, rows: rows, files: 1, bytes: 10, elapsed: .seconds(2)))
    }

    private func values(_ pending: [MetricDeltas.Pending], _ name: String) -> [String: Double] {
        let data = pending.map(\.datum).filter { $0.name == name }
        return Dictionary(uniqueKeysWithValues: data.map { ($0.dimensions.first?.value ?? "", $0.value) })
    }

    @Test
    func `a sum is sent as what has come since, and only if something has`() {
        var deltas = MetricDeltas(slot: "s", sendsGauges: false)
        export("a", rows: 5)
        let first = deltas.pending(instruments.readings(), at: time)
        #expect(values(first, "ExportedRows") == ["a": 5] && values(first, "DataExportSuccess") == ["a": 1])
        deltas.take(first)
        export("b", rows: 1)
        export("a", rows: 2)
        let second = deltas.pending(instruments.readings(), at: time)
        #expect(values(second, "ExportedRows") == ["a": 2, "b": 1])
        deltas.take(second)
        #expect(deltas.pending(instruments.readings(), at: time).isEmpty)
    }

    @Test
    func `what was not taken is part of what is sent next`() {
        var deltas = MetricDeltas(slot: "s", sendsGauges: false)
        export("a", rows: 5)
        let first = deltas.pending(instruments.readings(), at: time)
        deltas.take(first.filter { $0.datum.name != "ExportedRows" })
        export("a", rows: 2)
        let second = deltas.pending(instruments.readings(), at: time)
        #expect(values(second, "ExportedRows") == ["a": 7] && values(second, "DataExportSuccess") == ["a": 1])
    }

    @Test
    func `values that are no numbers are left out`() {
        export("a", rows: 5)
        var readings = instruments.readings()
        for index in readings.indices where readings[index].metric.cloudWatchName == "ExportedRows" {
            readings[index].values[0].value = .nan
        }
        let pending = MetricDeltas(slot: "s", sendsGauges: false).pending(readings, at: time)
        #expect(values(pending, "ExportedRows").isEmpty && values(pending, "DataExportSuccess") == ["a": 1])
    }

    @Test
    func `gauges of a service are sent as they are, with its slot, and those of a run are not`() {
        instruments.sawSlot(
            Instruments.SlotFigures(
                lagByteCount: 7,
                lag: .seconds(3),
                isActive: true,
                retainedByteCount: nil,
                safeByteCount: 9
            )
        )
        instruments.sawPending(["a": Instruments.PendingFigures(files: 2, bytes: 3, age: .seconds(4))])
        let deltas = MetricDeltas(slot: "s", sendsGauges: true)
        let pending = deltas.pending(instruments.readings(), at: time)
        #expect(values(pending, "ReplicationLagSeconds") == ["s": 3] && values(pending, "PendingAge") == ["a": 4])
        #expect(values(pending, "RetainedWALBytes").isEmpty && values(pending, "WALBytesUntilLimit") == ["s": 9])
        #expect(pending.allSatisfy { ["Slot", "Table"].contains($0.datum.dimensions.first?.name ?? "") })
        let ofRun = MetricDeltas(slot: "s", sendsGauges: false)
        #expect(ofRun.pending(instruments.readings(), at: time).isEmpty)
    }
}
