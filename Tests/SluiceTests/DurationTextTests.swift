import Testing

@testable import sluice

@Suite
struct DurationTextTests {
    @Test(
        arguments: [
            ("0s", .zero), ("500ms", .milliseconds(500)), ("60s", .seconds(60)), ("007m", .seconds(420)),
            ("2h", .seconds(7_200)), ("1d", .seconds(86_400)), ("999999999d", .seconds(86_399_999_913_600)),
        ] as [(String, Duration)]
    )
    func `a whole number with a unit is a length of time`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "s", "60", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1min", "1m30s", "1us", "0x1s", "٣s",
        "1000000000s", "99999999999999999999s",
    ])
    func `anything else is none`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        arguments: [
            (.zero, "0ms"), (.milliseconds(999), "999ms"), (.milliseconds(1_500), "1500ms"), (.seconds(1), "1s"),
            (.seconds(90), "90s"), (.seconds(120), "2m"), (.seconds(3_600), "1h"), (.seconds(86_400), "1d"),
            (.seconds(90_000), "25h"),
        ] as [(Duration, String)]
    )
    func `a length of time is written in the largest unit that divides it, and read back`(
        duration: Duration,
        text: String
    ) {
        #expect(DurationText.text(duration) == text)
        #expect(DurationText.parse(text) == duration)
    }
}
