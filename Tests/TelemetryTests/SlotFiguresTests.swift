import Testing

@testable import Telemetry

@Suite
struct SlotFiguresTests {
    private let instruments = Instruments()

    private func names() -> Set<String> { Set(instruments.readings().map(\.metric.name)) }

    @Test
    func `what cannot be seen any more is not shown as it was`() {
        let figures = Instruments.SlotFigures(
            lagByteCount: 0,
            lag: .zero,
            isActive: true,
            retainedByteCount: 1,
            safeByteCount: 2
        )
        let before = names()
        instruments.sawSlot(figures)
        #expect(names().subtracting(before).count == 5)
        instruments.lostSightOfSlot()
        #expect(names() == before)
    }
}
