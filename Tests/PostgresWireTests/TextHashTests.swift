import PostgresWire
import Testing

@Suite
struct TextHashTests {
    /// So many characters of a text that is repeated, and what `hashtextextended(left(repeat(…), n) COLLATE "C", seed)`
    /// says of them.
    private static let vectors: [(characterCount: Int, seed: Int64, hash: Int64)] = [
        (0, 0, -6_939_563_903_564_495_251), (1, 0, 6_283_391_471_492_762_455), (2, 0, 2_228_039_369_101_818_949),
        (3, 0, -5_906_415_622_581_423_000), (4, 0, -4_991_621_213_655_157_133), (5, 0, -1_674_498_193_355_215_124),
        (7, 0, -2_244_361_503_797_936_700), (8, 0, -7_691_894_683_067_686_754), (9, 0, 2_807_622_437_470_622_517),
        (11, 0, 2_923_358_999_225_701_535), (12, 0, 1_402_772_919_194_407_506), (13, 0, -5_005_221_398_812_522_045),
        (24, 0, 1_325_436_202_373_756_891), (25, 0, 7_646_903_198_061_995_758), (60, 0, 5_631_049_989_519_457_571),
        (2, 1, 8_609_959_113_760_763_160), (5, 1, 3_165_161_003_315_616_766), (8, 1, -8_091_502_701_022_535_314),
        (11, 1, 7_790_487_901_299_163_911), (1, -1, 8_682_729_832_792_156_017), (4, -1, -4_757_223_695_911_002_116),
        (7, -1, 7_627_844_494_937_670_019), (13, -1, 3_353_813_740_430_545_590), (25, -1, 3_321_466_882_402_382_177),
        (0, 81_985_529_216_486_895, 5_714_803_967_801_994_901), (3, 81_985_529_216_486_895, -6_539_732_392_373_982_811),
        (9, 81_985_529_216_486_895, 7_451_943_021_796_440_093),
        (12, 81_985_529_216_486_895, -7_947_214_019_381_400_054),
        (24, 81_985_529_216_486_895, 730_045_876_276_984_549), (60, 81_985_529_216_486_895, 4_473_372_658_062_482_345),
    ]

    @Test(arguments: vectors)
    func `a text has the hash that the server gives it`(characterCount: Int, seed: Int64, hash: Int64) {
        let text = String(repeating: "sluice 🚰", count: 20).unicodeScalars.prefix(characterCount)
        let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
        let found = bytes.withUnsafeBytes { TextHash.hash($0, seed: UInt64(bitPattern: seed)) }
        #expect(Int64(bitPattern: found) == hash)
    }

    @Test
    func `where the bytes lie does not matter`() {
        let text = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let expected = text.withUnsafeBytes { TextHash.hash($0, seed: 7) }
        for offset in 1...16 {
            let shifted = Array(repeating: 0 as UInt8, count: offset) + text + [0xff]
            let found = shifted.withUnsafeBytes { bytes in
                TextHash.hash(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + text.count]), seed: 7)
            }
            #expect(found == expected)
        }
    }
}
