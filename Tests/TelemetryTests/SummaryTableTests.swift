import Telemetry
import Testing

@Suite
struct SummaryTableTests {
    @Test
    func `columns are aligned and the last line is the total`() {
        let table = SummaryTable(
            rows: [
                .init(table: "invoices", rows: 10_000, files: 90, bytes: 1_258_291, elapsed: .milliseconds(420)),
                .init(table: "transactions", rows: 20_000, files: 90, bytes: 2_411_725, elapsed: .milliseconds(610)),
                .init(table: "empty", rows: 0, files: 0, bytes: 0, elapsed: .zero),
            ],
            elapsed: .milliseconds(800)
        )
        #expect(
            table.description == """
                table           rows  files    bytes  seconds  rows/s
                invoices      10,000     90  1.2 MiB     0.42  23,810
                transactions  20,000     90  2.3 MiB     0.61  32,787
                empty              0      0      0 B     0.00       -
                total         30,000    180  3.5 MiB     0.80  37,500

                """
        )
    }

    @Test
    func `without tables there is the total alone`() {
        #expect(
            SummaryTable(rows: [], elapsed: .seconds(1234)).description == """
                table  rows  files  bytes  seconds  rows/s
                total     0      0    0 B    1,234       0

                """
        )
    }

    @Test
    func `a table's odd name stays on its line`() {
        let row = SummaryTable.Row(table: "a\n\u{1b}b", rows: 1, files: 1, bytes: 1, elapsed: .seconds(1))
        #expect(SummaryTable(rows: [row], elapsed: .seconds(1)).description.contains("a\\n\\u001bb     1"))
    }
}
