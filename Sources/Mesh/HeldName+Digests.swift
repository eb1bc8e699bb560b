// The names of gossip by the digests that they stand for.
package import Availability
package import Digests

extension HeldName {
    package init(step digest: StageDigest) { self.init(.step, digest.rawBytes) }
    package init(layer diffID: BlobDigest) { self.init(.layer, diffID.rawBytes) }
    package init(blob digest: BlobDigest) { self.init(.blob, digest.rawBytes) }
}
