// A repo that can be told that one of its stages is of no use.
package import Digests
package import Mesh

package protocol RejectingRepo: StageRepo {
    /// Marks the stage, so that nobody chooses it any more; `reason` is a sentence for people.
    func reject(_ id: StageID, reason: String) async throws
}
