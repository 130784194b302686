import Bytes
import Testing

@Suite
struct ByteBufferTests {
    @Test
    func `appended bytes survive every growth`() {
        let buffer = ByteBuffer()
        var expected: [UInt8] = []
        for index in 0..<5_000 {
            let byte = UInt8(truncatingIfNeeded: index &* 31)
            buffer.append(byte)
            buffer.append([byte, 1, 2])
            expected += [byte, byte, 1, 2]
        }
        #expect(buffer.copyBytes() == expected)
    }

    @Test(
        arguments: [
            (0, [0x00]), (127, [0x7f]), (128, [0x80, 0x01]), (300, [0xac, 0x02]),
            (UInt64.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(UInt64, [UInt8])]
    )
    func `variable length integers have seven bits a byte`(value: UInt64, bytes: [UInt8]) {
        let buffer = ByteBuffer()
        buffer.appendVarint(value)
        #expect(buffer.copyBytes() == bytes)
    }

    @Test
    func `integers are appended little endian`() {
        let buffer = ByteBuffer()
        buffer.appendLittleEndian(UInt32(0x0102_0304))
        buffer.appendLittleEndian(Int16(-2))
        #expect(buffer.copyBytes() == [4, 3, 2, 1, 0xfe, 0xff])
    }

    @Test
    func `a buffer is used again after it was emptied, shortened or released`() {
        let buffer = ByteBuffer(capacity: 8)
        buffer.append([1, 2, 3])
        buffer.truncate(to: 1)
        #expect(buffer.copyBytes() == [1])
        buffer.removeAll()
        #expect(buffer.copyBytes().isEmpty)
        buffer.append(7)
        buffer.release()
        #expect(buffer.count == 0 && buffer.capacity == 0)
        buffer.append(9)
        #expect(buffer.copyBytes() == [9])
    }
}
