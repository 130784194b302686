import Lake
import Testing

@Suite
struct LakeLayoutTests {
    @Test(arguments: ["2025-01-09", "0001-12-31", "9999-12-31", "20250-01-01", "5874897-12-31"])
    func `a day's key is that of current rows, and says the day`(name: String) throws {
        let day = try #require(CalendarDate(name))
        for table in ["invoices", "in%20voices", "a_b.c"] {
            let key = LakeLayout.key(table: table, day: day)
            #expect(LakeLayout.isCurrentRows(key, of: table) && LakeLayout.day(ofKey: key) == day)
            #expect(!LakeLayout.isCurrentRows(key, of: "other"))
        }
        #expect(RewriteState.days(named: [RewriteState.name(of: day)]) == [day])
    }

    @Test
    func `a table without days has one key`() {
        #expect(LakeLayout.isCurrentRows("invoices/invoices.parquet", of: "invoices"))
        #expect(LakeLayout.day(ofKey: "invoices/invoices.parquet") == nil)
    }

    @Test(arguments: [
        "invoices/year=2025/month=1/day=1/invoices_202511.parquet",
        "invoices/year=02025/month=01/day=01/invoices_020250101.parquet",
        "invoices/year=2025/month=13/day=01/invoices_20251301.parquet",
        "invoices/year=2025/month=01/day=01/invoices_20250102.parquet",
        "invoices/year=2025/month=01/day=01/other_20250101.parquet",
        "invoices/year=2025/month=01/day=01/part/invoices_20250101.parquet", "invoices/copy.parquet", "invoices", "",
    ])
    func `a key that is not written as a day's is no key of current rows`(key: String) {
        #expect(!LakeLayout.isCurrentRows(key, of: "invoices"))
    }

    @Test
    func `the whole table is not taken for a day, nor what names no day for the whole table`() {
        #expect(RewriteState.days(named: ["all", "2025-01-31", "2025-02-30", "", "20250-01-01"]).count == 3)
        #expect(RewriteState.days(named: ["all"]) == [nil] && RewriteState.days(named: ["soon"]).isEmpty)
    }
}
