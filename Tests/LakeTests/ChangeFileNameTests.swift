import Lake
import PostgresWire
import Testing

@Suite
struct ChangeFileNameTests {
    private static let day = CalendarDate(daysSinceEpoch: 20_779)

    private static func name(_ table: String, _ generation: Int = 3, part: Int = 1) -> ChangeFileName {
        ChangeFileName(
            table: table,
            day: day,
            first: LSN(rawValue: 0x16_b374_d848),
            last: LSN(rawValue: .max),
            generation: generation,
            part: part
        )
    }

    @Test
    func `the key holds table, commit date, positions, generation and part`() {
        let key =
            "invoices_changes/year=2026/month=11/day=22/"
            + "invoices_changes_20261122_00000016B374D848-FFFFFFFFFFFFFFFF-3"
        #expect(Self.name("invoices").key == key + ".parquet")
        #expect(Self.name("invoices", part: 2).key == key + "_0002.parquet")
        #expect(Self.name("invoices", 12, part: 10).key == key.dropLast() + "12_0010.parquet")
    }

    @Test(arguments: [
        name("invoices"), name("billing_invoices", 1), name("a_changes", 70, part: 9), name("_changes"),
        name("%C3%A4-b"), name("x", part: 1_000), name("a_20261122_b"),
    ])
    func `a key is read back as what it was made from`(name: ChangeFileName) {
        #expect(ChangeFileName(key: name.key) == name)
    }

    @Test
    func `the keys of a day sort as the transactions do`() {
        let positions = [0, 9, 10, 0xffff_ffff, 0x1_0000_0000, UInt64.max].map { LSN(rawValue: $0) }
        let keys = positions.map {
            ChangeFileName(table: "t", day: Self.day, first: $0, last: $0, generation: 1).key
        }
        #expect(keys == keys.sorted())
    }

    @Test(arguments: [
        "", "invoices/invoices.parquet", "invoices/year=2026/month=11/day=22/invoices_20261122.parquet",
        // Another folder than the name says, another day, no such day.
        "a_changes/year=2026/month=11/day=22/b_changes_20261122_0000000000000001-0000000000000002-1.parquet",
        "a_changes/year=2026/month=11/day=23/a_changes_20261122_0000000000000001-0000000000000002-1.parquet",
        "a_changes/year=2026/month=02/day=30/a_changes_20260230_0000000000000001-0000000000000002-1.parquet",
        // Positions in other forms.
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_1-2-1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_000000000000000a-000000000000000B-1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_+000000000000001-0000000000000002-1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_10000000000000000-0000000000000002-1.parquet",
        // Parts and generations that are never written.
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002-1-1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002-01.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002--1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002-1-2-3.parquet",
        "lake/a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002-1.parquet",
        "a_changes/year=2026/month=11/day=22/a_changes_20261122_0000000000000001-0000000000000002-1.csv",
    ])
    func `what is no key of a file of changes is not taken for one`(key: String) {
        #expect(ChangeFileName(key: key) == nil)
    }
}
