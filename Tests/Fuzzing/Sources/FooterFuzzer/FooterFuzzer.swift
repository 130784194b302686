import FuzzTargets

/// Called by libFuzzer with bytes of its own making.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFooter(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    FooterFuzz.run(UnsafeRawBufferPointer(start: start, count: count).bytes)
    return 0
}
