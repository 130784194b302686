import Testing

@testable import AWS

@Suite("Dates and times")
struct TimestampTests {
    @Test(
        "the forms of ISO 8601 that AWS and its tools write are read",
        arguments: [
            "2026-01-01T12:00:00Z", "2026-01-01T12:00:00.123456Z", "2026-01-01T13:00:00+01:00",
            "2026-01-01T08:30:00-0330", "2026-01-01T12:00:00UTC", "2026-01-01 12:00:00+00:00",
        ]
    )
    func iso8601(text: String) {
        #expect(Timestamp(iso8601: text) == CredentialsSetup.noon)
    }

    @Test(
        "others are not",
        arguments: [
            "", "2026-01-01", "2026-01-01T12:00:00", "2026-1-1T12:00:00Z", "2026-01-01T12:00:00.Z", "soon",
            "2026-01-01T12:00:00+1", "2026-01-01T12:00:00+99:00", "2026-13-01T12:00:00Z", "2026-01-01T25:00:00Z",
            "99999999999999999999-01-01T12:00:00Z", "2026-01-01T12:00:00Z2", "+026-01-01T12:00:00Z", "１２３４５６７",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("a time is written as it is read")
    func extended() {
        #expect(CredentialsSetup.noon.extended == "2026-01-01T12:00:00Z")
    }
}
