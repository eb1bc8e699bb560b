// libFuzzer's door to the checks of FuzzTargets: WEFT_FUZZ_TARGET says which one is fuzzed.
import FuzzTargets
import Glibc

// Safety: libFuzzer's bytes are copied before its call ends.

private let target: FuzzTarget = {
    let name = unsafe getenv("WEFT_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        preconditionFailure("WEFT_FUZZ_TARGET is \(name): use \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do { try target.check(bytes) } catch { fatalError("\(target.rawValue): \(error)") }
    return 0
}
