import Columnar
import Lake
import Testing

@Suite
struct HiveTypeTests {
    private static let text = ColumnType.leaf(.byteArray, .string)

    /// Every row of the table of values, as its column lies in a file.
    private static let types: [(ColumnType, String)] = [
        (.leaf(.boolean, nil), "boolean"),
        (.leaf(.int32, .integer(bitWidth: 16)), "smallint"),
        (.leaf(.int32, nil), "int"),
        (.leaf(.int64, nil), "bigint"),
        (.leaf(.float, nil), "float"),
        (.leaf(.double, nil), "double"),
        (.leaf(.int32, .decimal(precision: 9, scale: 2)), "decimal(9,2)"),
        (.leaf(.int64, .decimal(precision: 18, scale: 0)), "decimal(18,0)"),
        (.leaf(.fixedLengthByteArray(16), .decimal(precision: 38, scale: 38)), "decimal(38,38)"),
        (text, "string"),
        (.leaf(.byteArray, .enumeration), "string"),
        (.leaf(.byteArray, .json), "string"),
        (.leaf(.fixedLengthByteArray(16), .uuid), "binary"),
        (.leaf(.byteArray, nil), "binary"),
        (.leaf(.int32, .date), "date"),
        (.leaf(.int64, .timestamp(isAdjustedToUTC: false)), "timestamp"),
        (.leaf(.int64, .timestamp(isAdjustedToUTC: true)), "timestamp"),
        (.leaf(.int64, .time()), "bigint"),
        (.list(text), "array<string>"),
        (.list(.list(.leaf(.int32, .decimal(precision: 9, scale: 2)))), "array<array<decimal(9,2)>>"),
        (.map(key: text, value: .list(.leaf(.int64, nil))), "map<string,array<bigint>>"),
    ]

    @Test(arguments: types)
    func `a column has its type`(type: ColumnType, hive: String) {
        #expect(HiveType(parquet: type.parquetText)?.description == hive)
    }

    @Test
    func `what readers show as something else is remarked`() {
        #expect(HiveType(parquet: "TIME")?.remark?.contains("microseconds") == true)
        #expect(HiveType(parquet: "LIST<UUID>")?.remark?.contains("as: uuid") == true)
        #expect(HiveType(parquet: "INT64")?.remark == nil)
    }

    @Test(arguments: [
        "", "STRUCT<a:INT32>", "LIST<>", "LIST<INT32", "MAP<STRING>", "DECIMAL(39,0)", "DECIMAL(5,6)", "DECIMAL(,)",
        "FLOAT16",
    ])
    func `what no catalog knows has none`(text: String) {
        #expect(HiveType(parquet: text) == nil)
    }

    @Test(arguments: [
        ("bigint", "int", true), ("int", "bigint", false), ("double", "float", true), ("string", "int", false),
        ("decimal(12,2)", "decimal(10,2)", true), ("decimal(12,4)", "decimal(10,2)", true),
        ("decimal(12,4)", "decimal(12,2)", false), ("array<int>", "array<int>", true),
    ])
    func `a column holds the values of narrower ones`(type: String, other: String, holds: Bool) {
        #expect(HiveType(type).holds(HiveType(other)) == holds)
    }
}
