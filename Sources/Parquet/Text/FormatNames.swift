/// The names that parquet.thrift gives to its numbers.
public enum FormatNames {
    private static let codecs = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]
    private static let encodings = [
        "PLAIN", "GROUP_VAR_INT", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED",
        "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
    ]
    private static let physicalTypes = [
        "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY",
    ]

    /// The name of a `CompressionCodec`, or its number if it has none.
    public static func codec(_ value: Int32) -> String { name(value, codecs) }

    /// The name of an `Encoding`, or its number if it has none.
    public static func encoding(_ value: Int32) -> String { name(value, encodings) }

    /// The name of a `Type`, or its number if it has none.
    public static func physicalType(_ value: Int32) -> String { name(value, physicalTypes) }

    private static func name(_ value: Int32, _ names: [String]) -> String {
        names.indices.contains(Int(value)) ? names[Int(value)] : "\(value)"
    }
}
