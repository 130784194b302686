import Columnar
import Ingest
import Testing

@testable import Lake

@Suite
struct ColumnWideningTests {
    private static let types: [ColumnType] =
        [
            .leaf(.boolean, nil), .leaf(.int32, .integer(bitWidth: 16)), .leaf(.int32, nil),
            .leaf(.int32, .integer(bitWidth: 32)), .leaf(.int64, nil), .leaf(.int32, .integer(bitWidth: 8)),
            .leaf(.int32, .integer(bitWidth: 32, isSigned: false)), .leaf(.float, nil), .leaf(.double, nil),
            .leaf(.byteArray, .string), .leaf(.byteArray, .json), .leaf(.byteArray, .enumeration),
            .leaf(.byteArray, nil), .leaf(.byteArray, .bson), .leaf(.fixedLengthByteArray(16), .uuid),
            .leaf(.int32, .date), .leaf(.int64, .time()), .leaf(.int64, .timestamp(isAdjustedToUTC: true)),
            .leaf(.int64, .timestamp(isAdjustedToUTC: false)), .list(.leaf(.int32, nil)), .list(.leaf(.int64, nil)),
            .list(.leaf(.byteArray, .string)), .list(.leaf(.byteArray, .json)),
            .map(key: .leaf(.byteArray, .string), value: .leaf(.byteArray, .string)),
        ]
        + [(4, 2), (5, 2), (5, 3), (9, 0), (10, 0), (12, 3), (18, 2), (19, 2), (38, 10), (38, 2)].map {
            precision,
            scale in CellDecoder.decimal(precision: precision, scale: scale).columnType
        }

    @Test(arguments: types)
    func `a column is promoted where the registry says that its type was widened`(type: ColumnType) {
        for wanted in Self.types {
            let (from, to) = (type.parquetText, wanted.parquetText)
            let isHeld = from == to || ColumnType.widens(from, to: to)
            #expect((Column(type: type).promoted(to: wanted) != nil) == isHeld, "\(from) to \(to)")
        }
    }
}
