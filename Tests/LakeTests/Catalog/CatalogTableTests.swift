import Lake
import Testing

@Suite
struct CatalogTableTests {
    private let settings = CatalogEntry.Settings(
        location: "s3://b/lake",
        partitioning: .projection,
        compression: "ZSTD",
        year: 2026
    )

    private func entry(_ columns: [(String, String)] = [("id", "INT64")], days: [String]? = []) -> CatalogEntry {
        let partition = days.map { _ in TableDescription.Partition(column: "made", timeZone: "UTC") }
        let description = TableDescription(table: "billing.t", columns: [], key: [], partition: partition)
        var entry = CatalogEntry(name: "billing_t", description: description)
        entry.rowColumns = columns.map { LiveView.Column(name: $0.0, type: $0.1) }
        entry.changeColumns = entry.rowColumns
        entry.days = (days ?? []).compactMap { CalendarDate($0) }
        return entry
    }

    // MARK: - Names

    @Test
    func `names are in lower case, and of those that fold together one stays`() {
        let columns = CatalogColumns(["createdAt", "ID", "id", "Id", "Straße"].map { .init(name: $0, type: "INT32") })
        #expect(columns.columns.map(\.name) == ["createdat", "id", "straße"])
        #expect(columns.warnings.count == 2 && columns.warnings[0].contains("id and ID"))
    }

    @Test(arguments: ["a,b", "a:b", "a;b", "a\nb", "", String(repeating: "n", count: 256)])
    func `names that a catalog cannot hold are left out and told`(name: String) {
        let columns = CatalogColumns([.init(name: name, type: "INT32"), .init(name: "odd name-x.y`", type: "INT32")])
        #expect(columns.columns.map(\.name) == ["odd name-x.y`"])
        #expect(columns.warnings.count == 1)
    }

    @Test
    func `a type that no catalog knows leaves its column out`() {
        let columns = CatalogColumns([.init(name: "a", type: "FLOAT16"), .init(name: "b", type: "TIME")])
        #expect(columns.columns.map { "\($0.name) \($0.type)" } == ["b bigint"])
        #expect(columns.warnings.count == 2)
    }

    @Test
    func `comments are one line of a bounded length`() {
        #expect(CatalogColumns.comment("a\nb\u{0}c") == "a b c")
        #expect(CatalogColumns.comment(" \n") == nil)
        #expect(CatalogColumns.comment(String(repeating: "x", count: 900))?.count == 255)
        #expect(CatalogColumns.comment(String(repeating: "é", count: 900))?.utf8.count == 254)
        #expect(CatalogColumns.comment("x" + String(repeating: "😀", count: 90))?.utf8.count == 253)
    }

    @Test
    func `columns of the folders are called otherwise where the table has such a column`() {
        func keys(_ names: String...) -> [String] {
            CatalogColumns(names.map { .init(name: $0, type: "INT32") }).partitionKeys
        }
        #expect(keys("id") == ["year", "month", "day"])
        #expect(keys("MONTH") == ["partition_year", "partition_month", "partition_day"])
        #expect(keys("day", "partition_day") == ["_partition_year", "_partition_month", "_partition_day"])
    }

    // MARK: - Projection

    @Test(
        arguments: [
            ([], 2026, 2027), (["2021-05-06", "2024-01-01"], 2021, 2027), (["2040-01-01"], 2026, 2041),
            (["1970-01-01", "2026-01-01"], 1970, 2027), (["0001-02-03"], 1, 2027),
        ] as [([String], Int, Int)]
    )
    func `the range of years is that of the days, and next year is in it`(days: [String], first: Int, last: Int) {
        #expect(entry(days: days).tables(settings).rows.years == first...last)
    }

    @Test
    func `years that folders cannot be worked out for do not widen the range, and are told`() {
        var entry = entry(days: ["2026-01-01"])
        entry.days += [CalendarDate(year: 294_246, month: 1, day: 1)].compactMap { $0 }
        let tables = entry.tables(settings)
        #expect(tables.rows.years == 2026...2027)
        #expect(tables.warnings.contains { $0.contains("registered") })
    }

    @Test
    func `projection has a placeholder for each column of the folders`() {
        let table = entry([("id", "INT64"), ("year", "INT32")]).tables(settings).rows
        let parameters = Dictionary(table.projection.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(parameters["projection.partition_year.range"] == "2026,2027")
        #expect(parameters["projection.partition_month.digits"] == "2")
        #expect(
            parameters["storage.location.template"]
                == "s3://b/lake/billing_t/year=${partition_year}/month=${partition_month}/day=${partition_day}/"
        )
        #expect(
            table.location(of: CalendarDate(daysSinceEpoch: 0)) == "s3://b/lake/billing_t/year=1970/month=01/day=01/"
        )
    }

    @Test
    func `a table without days and one whose days are registered have no projection`() {
        #expect(entry(days: nil).tables(settings).rows.projection.isEmpty)
        #expect(entry(days: nil).tables(settings).rows.partitionKeys.isEmpty)
        var registered = settings
        registered.partitioning = .registered
        let table = entry(days: ["2026-01-01"]).tables(registered).rows
        #expect(table.projection.isEmpty && table.partitionKeys == ["year", "month", "day"])
    }

    // MARK: - Tables

    @Test
    func `rows have what the lake adds, and changes what every change has`() throws {
        var entry = entry([("id", "INT64"), ("amount", "DECIMAL(9,2)")])
        entry.hasDeleted = true
        entry.hasChanges = true
        let tables = entry.tables(settings, comments: .init(table: "Money", columns: ["amount": "How much"]))
        #expect(tables.rows.columns.map(\.name) == ["id", "amount", "_lsn", "_deleted", "_rescued"])
        #expect(tables.rows.columns[1].comment == "How much" && tables.rows.comment == "Money")
        let changes = try #require(tables.changes)
        #expect(changes.name == "billing_t_changes" && changes.location == "s3://b/lake/billing_t_changes/")
        #expect(
            changes.columns.map(\.name) == [
                "_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged", "_old_key", "_rescued", "id", "amount",
            ]
        )
    }

    // MARK: - SQL

    @Test
    func `the statement has everything, and quotes what it has to`() {
        var entry = entry([("odd `name`", "STRING")], days: ["2026-01-01"])
        entry.description.table = "billing.it's"
        let table = entry.tables(settings, comments: .init(table: "a\\b'c", columns: ["odd `name`": "it's"])).rows
        #expect(
            table.createStatement == #"""
                CREATE EXTERNAL TABLE IF NOT EXISTS `billing_t` (
                  `odd ``name``` string COMMENT 'it\'s',
                  `_lsn` bigint
                )
                COMMENT 'a\\b\'c'
                PARTITIONED BY (`year` int, `month` int, `day` int)
                STORED AS PARQUET
                LOCATION 's3://b/lake/billing_t/'
                TBLPROPERTIES (
                  'classification'='parquet',
                  'parquet.compression'='ZSTD',
                  'sluice.table'='billing.it\'s',
                  'projection.enabled'='true',
                  'projection.year.type'='integer',
                  'projection.year.range'='2026,2027',
                  'projection.year.digits'='4',
                  'projection.month.type'='integer',
                  'projection.month.range'='1,12',
                  'projection.month.digits'='2',
                  'projection.day.type'='integer',
                  'projection.day.range'='1,31',
                  'projection.day.digits'='2',
                  'storage.location.template'='s3://b/lake/billing_t/year=${year}/month=${month}/day=${day}/'
                )
                """#
        )
        #expect(table.partitionStatements(entry.days).isEmpty)
        #expect(CatalogTable.createStatement(ofDatabase: "d") == "CREATE DATABASE IF NOT EXISTS `d`")
    }

    @Test
    func `registered days are added a hundred a statement`() {
        var registered = settings
        registered.partitioning = .registered
        let days = (0..<101).map { CalendarDate(daysSinceEpoch: $0) }
        let statements = entry(days: []).tables(registered).rows.partitionStatements(days)
        #expect(statements.count == 2)
        #expect(
            statements[1] == """
                ALTER TABLE `billing_t` ADD IF NOT EXISTS
                  PARTITION (`year` = 1970, `month` = 4, `day` = 11) LOCATION 's3://b/lake/billing_t/year=1970/month=04/day=11/'
                """
        )
    }
}
