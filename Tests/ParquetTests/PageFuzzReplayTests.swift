import FuzzTargets
import Testing

@Suite
struct PageFuzzReplayTests {
    @Test(arguments: FuzzSample.all(in: "Corpus/PageValues"))
    func `values of every type and encoding are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isPage = PageValuesFuzz.run(bytes.span.bytes)
        #expect(isPage)
    }

    @Test(arguments: FuzzSample.all(in: "Corpus/PageCodec"))
    func `pages of every codec are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isPage = PageCodecFuzz.run(bytes.span.bytes)
        #expect(isPage)
    }

    @Test(arguments: FuzzSample.all(in: "FailCases/PageValues") + FuzzSample.all(in: "FailCases/PageCodec"))
    func `bytes that no page has are survived`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        PageValuesFuzz.run(bytes.span.bytes)
        PageCodecFuzz.run(bytes.span.bytes)
    }

    @Test
    func `there are samples to replay`() {
        #expect(
            FuzzSample.all(in: "Corpus/PageValues").count >= 50 && FuzzSample.all(in: "Corpus/PageCodec").count >= 9
        )
        #expect(FuzzSample.all(in: "FailCases/PageValues").count >= 8)
        #expect(FuzzSample.all(in: "FailCases/PageCodec").count >= 4)
    }
}
