// Data sets that have a name: looked for in the cache, then where the system's packages put them, then fetched.
// Each file is known by its SHA-256; a file that differs is never used.

import FoveaTensorCore
import Foundation

/// A file of a known data set.
package struct KnownFile: Sendable, Equatable {
    package let name: String
    /// Its exact size.
    package let byteCount: Int
    /// In hexadecimal.
    package let sha256: String

    package init(name: String, byteCount: Int, sha256: String) {
        (self.name, self.byteCount, self.sha256) = (name, byteCount, sha256)
    }
}

/// A data set that can be opened by name.
package struct KnownDataSet: Sendable {
    package let name: String
    /// In label order.
    package let classes: [String]
    package let files: [KnownFile]
    /// Folders on the web that hold all files, tried in this order.
    package let addresses: [String]
    /// What else helps where nothing can be fetched.
    package let advice: String?
    /// What its files are.
    package let layout: Layout

    package init(
        name: String, classes: [String], files: [KnownFile], addresses: [String], advice: String?, layout: Layout = .idx
    ) {
        (self.name, self.classes, self.files) = (name, classes, files)
        (self.addresses, self.advice, self.layout) = (addresses, advice, layout)
    }

    /// How a known data set is stored.
    package enum Layout: Sendable {
        /// IDX files in a folder.
        case idx
        /// One official archive of binary files.
        case cifar(CIFARFolder.Kind)
    }

    /// All of them.
    static let all = [fashionMNIST, mnist, cifar10, cifar100]

    /// The data set of this name.
    package static func named(_ name: String) -> KnownDataSet? {
        let plain = name.lowercased()
        return all.first { $0.name == plain || $0.name == plain.replacingOccurrences(of: "cifar-", with: "cifar") }
    }

    /// Xiao, Rasul, Vollgraf 2017. The checksums are those of the official files: torchvision publishes their MD5, and
    /// the files of Debian's package become these very bytes when the name and time that Debian took out of the
    /// gzip headers are put back (MD5 compared for all four).
    package static let fashionMNIST = KnownDataSet(
        name: "fashion-mnist", classes: IDXFolder.fashionClasses,
        files: [
            KnownFile(
                name: "train-images-idx3-ubyte.gz", byteCount: 26_421_880,
                sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            KnownFile(
                name: "train-labels-idx1-ubyte.gz", byteCount: 29_515,
                sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            KnownFile(
                name: "t10k-images-idx3-ubyte.gz", byteCount: 4_422_102,
                sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            KnownFile(
                name: "t10k-labels-idx1-ubyte.gz", byteCount: 5_148,
                sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
        addresses: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
        advice: "On Debian and Ubuntu: apt-get install dataset-fashion-mnist")

    /// LeCun, Cortes, Burges 1998. The checksums are those that torch-rb and many others publish for these mirrors.
    static let mnist = KnownDataSet(
        name: "mnist", classes: (0...9).map(String.init),
        files: [
            KnownFile(
                name: "train-images-idx3-ubyte.gz", byteCount: 9_912_422,
                sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            KnownFile(
                name: "train-labels-idx1-ubyte.gz", byteCount: 28_881,
                sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            KnownFile(
                name: "t10k-images-idx3-ubyte.gz", byteCount: 1_648_877,
                sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            KnownFile(
                name: "t10k-labels-idx1-ubyte.gz", byteCount: 4_542,
                sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ],
        addresses: [
            "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        advice: nil)

    /// Krizhevsky 2009. Size and SHA-256 as TensorFlow Datasets and GoMLX publish them for the official archive.
    static let cifar10 = KnownDataSet(
        name: "cifar10", classes: CIFARFolder.tenClasses,
        files: [
            KnownFile(
                name: "cifar-10-binary.tar.gz", byteCount: 170_052_171,
                sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
        ],
        addresses: ["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
        advice: nil, layout: .cifar(.ten))

    /// Krizhevsky 2009, the hundred fine classes; their names come with the archive.
    static let cifar100 = KnownDataSet(
        name: "cifar100", classes: [],
        files: [
            KnownFile(
                name: "cifar-100-binary.tar.gz", byteCount: 168_513_733,
                sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
        ],
        addresses: ["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
        advice: nil, layout: .cifar(.hundred))

    /// Opens it from the cache or a package of the system; fetches it into the cache first if it is in neither.
    package func open(_ options: CollectingOptions) throws -> DataSet {
        let cache = cacheFolder("datasets", options.environment) + "/" + name
        let packaged = options.packagedFolder + "/" + name
        let folder = try [cache, packaged].first(where: isComplete) ?? fetched(into: cache, options)
        if case .cifar(let kind) = layout {
            return try CIFARFolder.open(archive: folder + "/" + files[0].name, kind, name: name, options)
        }
        guard let found = try IDXFolder(at: folder) else {
            throw Failure(.data, "\(folder): the files of \(name) have gone")
        }
        return try found.open(name: name, classes: classes, options, notes: ["Read from \(folder)."])
    }

    private func isComplete(_ folder: String) -> Bool {
        files.allSatisfy { attributes(of: folder + "/" + $0.name).map { isKind(S_IFREG, $0) } ?? false }
    }

    /// Fetches what the cache lacks; returns the cache's folder.
    private func fetched(into folder: String, _ options: CollectingOptions) throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                .work, "\(folder): the folder cannot be made: \(error.localizedDescription)",
                advice: "Set FOVEA_HOME to a folder that you may write.")
        }
        for file in files where attributes(of: folder + "/" + file.name) == nil {
            do {
                try download(file, from: options.addresses ?? addresses, into: folder, options)
            } catch let failure as Failure {
                throw Failure(
                    failure.kind, "\(name): \(failure.message)",
                    advice: (advice.map { $0 + ", or put" } ?? "Put")
                        + " \(files.count == 4 ? "the four .gz files" : files[0].name) into \(folder) yourself.")
            }
        }
        return folder
    }
}
