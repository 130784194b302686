import Testing

@testable import sluice

@Suite
struct ByteSizeTests {
    @Test(arguments: [
        ("0", 0), ("17", 17), ("17B", 17), ("1KB", 1000), ("1KiB", 1024), ("64MB", 64_000_000), ("128MiB", 134_217_728),
        ("2 GiB", 2_147_483_648), ("1TB", 1_000_000_000_000), ("1TiB", 1_099_511_627_776),
    ])
    func `sizes are read with their units`(text: String, bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "-1", "1.5GiB", "1mib", "1 M", "1MiBs", "0x10", "٣", "9223372036854775808", "9000000TiB",
    ])
    func `anything else is no size`(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [("128mib", "128MiB"), ("5m", "5MiB"), ("5gb", "5GB")])
    func `a misspelt unit is put right`(text: String, suggestion: String) {
        #expect(ByteSize.suggestion(for: text) == suggestion)
    }

    @Test
    func `sizes are written in the largest unit that is exact`() {
        #expect(ByteSize.text(64 << 10) == "64KiB")
        #expect(ByteSize.text(1 << 30) == "1GiB")
        #expect(ByteSize.text(1025) == "1025")
    }
}
