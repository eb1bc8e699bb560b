// The folders of one container that is run for its own sake; gone with it.
package import BlobStore
package import SystemPackage

package struct RunPlace {
    private let place: StagePlace
    package let bundle: FilePath

    package init(in store: Store) throws {
        place = try StagePlace(in: store, mountPoints: MountPoints())
        bundle = try place.makeFolder("bundle")
    }

    package var upper: FilePath { place.upper }
    package var work: FilePath { place.work }
    package var merged: FilePath { place.merged }

    package func remove() { place.remove() }
}
