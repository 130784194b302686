import PostgresWire

extension LSN {
    /// The bytes of a page's header, and of a segment's first page (`XLogPageHeaderData`, `XLogLongPageHeaderData`).
    private static let (headerByteCount, longHeaderByteCount): (UInt64, UInt64) = (24, 40)

    /// Where the last record ends, if this is where the next one will begin: behind the header of a page that has no
    /// record yet, which nobody sends before it has one.
    func withoutPageHeader(pageByteCount: UInt64, segmentByteCount: UInt64) -> LSN {
        guard pageByteCount > 0, segmentByteCount > 0 else { return self }
        if rawValue % segmentByteCount == Self.longHeaderByteCount {
            return LSN(rawValue: rawValue - Self.longHeaderByteCount)
        }
        guard rawValue % pageByteCount == Self.headerByteCount else { return self }
        return LSN(rawValue: rawValue - Self.headerByteCount)
    }
}
