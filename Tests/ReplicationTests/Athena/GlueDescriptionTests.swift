import AWS
import Lake
import Testing

@testable import Replication

@Suite
struct GlueDescriptionTests {
    private var table: CatalogTable {
        var table = CatalogTable(
            name: "t",
            source: "public.t",
            location: "s3://b/l/t/",
            columns: [
                .init(name: "id", type: HiveType("bigint"), comment: "The number"),
                .init(name: "n", type: HiveType("string")),
            ]
        )
        table.partitionKeys = ["year", "month", "day"]
        table.years = 2024...2027
        return table
    }

    private func merged(_ table: CatalogTable, addsOnly: Bool = false, _ change: (inout ExactJSON) -> Void) -> (
        input: ExactJSON, changes: [String]
    ) {
        var present = GlueDescription(table: self.table).new
        change(&present)
        return GlueDescription(table: table, addsOnly: addsOnly).merged(into: present)
    }

    private func set(_ value: ExactJSON?, _ path: [String], in json: inout ExactJSON) {
        guard path.count > 1 else { return json[path[0]] = value }
        var inner = json[path[0]] ?? [:]
        set(value, Array(path.dropFirst()), in: &inner)
        json[path[0]] = inner
    }

    @Test
    func `what is there as it has to be stays, byte for byte`() {
        let result = merged(table) { present in
            present["Owner"] = "them"
            present["LastAccessTime"] = .number("1.50")
            set("1", ["Parameters", "numRows"], in: &present)
            set([["Name": "x", "SortOrder": 1]], ["StorageDescriptor", "SortColumns"], in: &present)
        }
        #expect(result.changes.isEmpty)
        #expect(result.input["LastAccessTime"] == .number("1.50") && result.input["Owner"] == "them")
    }

    @Test
    func `a column comes behind those that are there, and a dropped one stays`() {
        var wider = table
        wider.columns = [.init(name: "id", type: HiveType("bigint")), .init(name: "new", type: HiveType("date"))]
        let result = merged(wider) { _ in }
        #expect(result.changes == ["column new added"])
        let columns = result.input["StorageDescriptor"]?["Columns"]?.values ?? []
        #expect(columns.map { $0["Name"]?.text } == ["id", "n", "new"])
        #expect(columns[0]["Comment"] == "The number")
    }

    @Test(arguments: [("int", "bigint"), ("bigint", "bigint"), ("string", "bigint")])
    func `a type becomes wider or right, never narrower`(present: String, wanted: String) {
        let result = merged(table) { json in
            set([["Name": "ID", "Type": .string(present)]], ["StorageDescriptor", "Columns"], in: &json)
        }
        let column = result.input["StorageDescriptor"]?["Columns"]?.values?.first
        #expect(column?["Type"]?.text == wanted && column?["Name"] == "ID")
        var narrow = table
        narrow.columns[0].type = HiveType("int")
        #expect(!merged(narrow) { _ in }.changes.contains { $0.contains("column id") })
    }

    @Test(arguments: [
        ("2020,2030", "2020,2030", false), ("2026,2030", "2024,2030", true), ("2020,2025", "2020,2027", true),
        ("", "2024,2027", true), ("NOW", "2024,2027", true),
    ])
    func `the range of years is widened and never narrowed`(present: String, wanted: String, changes: Bool) {
        for addsOnly in [false, true] {
            let result = merged(table, addsOnly: addsOnly) { json in
                set(.string(present), ["Parameters", "projection.year.range"], in: &json)
            }
            #expect(result.input["Parameters"]?["projection.year.range"]?.text == wanted)
            #expect(result.changes.isEmpty == !changes)
        }
    }

    @Test
    func `what others have set stays where only what is missing is added`() {
        var commented = table
        commented.comment = "Ours"
        let others: (inout ExactJSON) -> Void = { json in
            json["Description"] = "Theirs"
            set("GZIP", ["Parameters", "parquet.compression"], in: &json)
            set([["Name": "id", "Type": "bigint", "Comment": "Theirs"]], ["StorageDescriptor", "Columns"], in: &json)
        }
        #expect(merged(commented, addsOnly: true, others).changes == ["column n added"])
        #expect(
            merged(commented, others).changes == [
                "comment", "parquet.compression", "comment of id", "column n added",
            ]
        )
    }

    @Test
    func `projection goes where days are registered, and comes back`() {
        var registered = table
        registered.partitioning = .registered
        let result = merged(registered) { json in set("x", ["Parameters", "projection.other"], in: &json) }
        let names = (result.input["Parameters"]?.members ?? []).map(\.name)
        #expect(names == ["EXTERNAL", "classification", "parquet.compression", "sluice.table", "projection.other"])
        let back = GlueDescription(table: table).merged(into: result.input)
        #expect(back.changes == ["years 2024 to 2027", "projection"])
    }

    @Test
    func `columns of the folders that are called otherwise now take their projection along`() {
        var renamed = table
        renamed.partitionKeys = ["partition_year", "partition_month", "partition_day"]
        let result = merged(renamed) { _ in }
        #expect(result.changes.first == "partition keys")
        let names = (result.input["Parameters"]?.members ?? []).map(\.name)
        #expect(!names.contains("projection.year.range") && names.contains("projection.partition_year.range"))
    }

    @Test
    func `a table of others is left alone, one that was made from the printed statement is not`() {
        let description = GlueDescription(table: table)
        var theirs = description.new
        set(nil, ["Parameters", "sluice.table"], in: &theirs)
        #expect(description.obstacle(theirs) == nil)
        set("s3://b/l/t", ["StorageDescriptor", "Location"], in: &theirs)
        #expect(description.obstacle(theirs) == nil)
        set("s3://other/", ["StorageDescriptor", "Location"], in: &theirs)
        #expect(description.obstacle(theirs)?.contains("s3://other/") == true)
        set("s3://other/", ["StorageDescriptor", "Location"], in: &theirs)
        set("public.t", ["Parameters", "sluice.table"], in: &theirs)
        #expect(description.obstacle(theirs) != nil)
        #expect(description.obstacle(["TableType": "VIRTUAL_VIEW"]) != nil)
        #expect(description.obstacle(["Parameters": ["table_type": "iceberg", "sluice.table": "t"]]) != nil)
    }

    @Test
    func `days that are missing are registered with their folders`() {
        var registered = table
        registered.partitioning = .registered
        let description = GlueDescription(table: registered)
        let (missing, outdated) = description.partitions([], [CalendarDate(daysSinceEpoch: 0)])
        #expect(outdated.isEmpty && missing.count == 1)
        #expect(missing[0]["Values"] == ["1970", "1", "1"])
        #expect(missing[0]["StorageDescriptor"]?["Location"] == "s3://b/l/t/year=1970/month=01/day=01/")
    }

    @Test
    func `days lack no column and have no narrower one than their table`() {
        let present = merged(table) { json in
            let columns: ExactJSON = [["Name": "ID", "Type": "int", "Comment": "Theirs"]]
            set(columns, ["StorageDescriptor", "Columns"], in: &json)
        }
        #expect(present.changes == ["column id int -> bigint", "comment of id", "column n added"])
        let description = GlueDescription(table: table)
        let day = CalendarDate(daysSinceEpoch: 0)
        func partition(_ columns: ExactJSON) -> GluePartition {
            var input = description.partition(of: day)
            set(columns, ["StorageDescriptor", "Columns"], in: &input)
            return GluePartition(values: ["1970", "1", "1"], input: input)
        }
        let (missing, outdated) = description.partitions([partition([["Name": "ID", "Type": "int"]])], [day])
        #expect(missing.isEmpty && outdated.count == 1)
        let columns = outdated.first?.input["StorageDescriptor"]?["Columns"]?.values ?? []
        #expect(columns.map { $0["Name"]?.text } == ["ID", "n"])
        #expect(columns.map { $0["Type"]?.text } == ["bigint", "string"])
        #expect(description.partitions([partition(.array(columns))], [day]).outdated.isEmpty)
    }

    @Test(arguments: [
        ("int", "bigint"), ("bigint", "bigint"), ("string", "string"), ("decimal(20,0)", "decimal(20,0)"),
    ])
    func `where only what is missing is added, a type becomes wider alone`(present: String, wanted: String) {
        let result = merged(table, addsOnly: true) { json in
            set([["Name": "id", "Type": .string(present)]], ["StorageDescriptor", "Columns"], in: &json)
        }
        #expect(result.input["StorageDescriptor"]?["Columns"]?.values?.first?["Type"]?.text == wanted)
    }

    @Test
    func `the format that others have set stays where only what is missing is added`() {
        let others: (inout ExactJSON) -> Void = { json in
            set("theirs", ["StorageDescriptor", "InputFormat"], in: &json)
            set("theirs", ["StorageDescriptor", "SerdeInfo", "SerializationLibrary"], in: &json)
        }
        #expect(merged(table, addsOnly: true, others).changes.isEmpty)
        #expect(merged(table, others).changes == ["format"])
    }

    @Test
    func `columns of folders stay as they are called where a column has the other name`() {
        var former = table
        former.partitionKeys = ["partition_year", "partition_month", "partition_day"]
        former.columns.append(.init(name: "year", type: HiveType("int")))
        let present = GlueDescription(table: former).new
        // The lake has no such column any more, and a wider range.
        var now = table
        now.years = 2020...2027
        let result = GlueDescription(table: now).merged(into: present)
        #expect(result.changes == ["years 2020 to 2027"])
        #expect(result.input["PartitionKeys"] == present["PartitionKeys"])
        #expect(result.input["Parameters"]?["projection.partition_year.range"] == "2020,2027")
        #expect(result.input["Parameters"]?["projection.year.range"] == nil)
    }

    @Test
    func `a range of years is widened by itself`() {
        let present = GlueDescription(table: table).new
        #expect(GlueDescription.widened(present, to: 2025...2027) == nil)
        let widened = GlueDescription.widened(present, to: 2030...2031)
        #expect(widened?["Parameters"]?["projection.year.range"] == "2024,2031")
        #expect(widened?["StorageDescriptor"] == present["StorageDescriptor"])
        var registered = table
        registered.partitioning = .registered
        #expect(GlueDescription.widened(GlueDescription(table: registered).new, to: 2030...2031) == nil)
    }
}
