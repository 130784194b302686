import Bytes
import Testing

@Suite
struct HexadecimalTests {
    @Test
    func `every byte becomes two lower-case digits`() {
        #expect(Hexadecimal.string([0, 15, 16, 0xab, 255]) == "000f10abff")
    }
}
