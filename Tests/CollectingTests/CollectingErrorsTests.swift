// What a person reads when a folder is no data set.

import Foundation
import FoveaCollecting
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct CollectingErrorsTests {
    @Test func `what is not there is named, and so is what could be`() {
        let error = failure("/nowhere/flowers")
        #expect(error?.kind == .data)
        #expect(error?.message == "/nowhere/flowers: there is no such file or folder")
        #expect(error?.advice == DataSet.kinds)
        #expect(DataSet.kinds.hasSuffix("or a known name: fashion-mnist, mnist, cifar10, cifar100."))
    }

    @Test(
        arguments: [
            ("a.bin", Array("what is this".utf8), "not a data set"),
            ("a.png", [0x89, 0x50, 0x4E, 0x47], "this is one picture, not a data set"),
            ("a.tar.gz", [0x1F, 0x8B, 8, 0], "gzipped, so that no picture in it can be reached without unpacking"),
            ("empty.zip", [], "not a whole zip file: its end, which holds the directory, is missing"),
            ("empty.tar", [], "there is no picture in it"),
            ("a.json", Array("{\"a\": 1}".utf8), "not a COCO file: images is missing"),
            ("b.json", Array("[1, 2]".utf8), "a JSON list, but not of Label Studio's tasks"),
            ("c.json", Array("{".utf8), "not a COCO file: it is no JSON"),
        ] as [(String, [UInt8], String)])
    func `a file that is no data set is refused by what it is`(name: String, bytes: [UInt8], words: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(name, bytes)
        let error = failure(file)
        #expect(error?.kind == .data)
        #expect(error?.message == "\(file): \(words)")
    }

    @Test func `an empty folder is an error`() throws {
        let folder = try TemporaryFolder()
        try folder.write(".hidden")
        #expect(
            failure(folder.path)?.description == """
                \(folder.path): the folder is empty
                Put one folder of pictures for each class into it.
                """)
    }

    @Test func `pictures without class folders are an error`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.jpg")
        #expect(
            failure(folder.path)?.description == """
                \(folder.path): there are no class folders in it, only 1 picture without a class
                Put the pictures of each class into a folder of its own, \(folder.path)/CLASS/picture.jpg, or say how \
                their names tell the class: --label-pattern '(?<label>[a-z]+)_'
                """)
        try folder.write("labels.csv", Array("path,label\na.jpg,x\n".utf8))
        #expect(failure(folder.path)?.advice == "If \(folder.path)/labels.csv says the classes, give that file.")
        try folder.write("images/a.jpg")
        #expect(failure(folder.path)?.advice == "If \(folder.path)/labels.csv says the classes, give that file.")
    }

    @Test func `split folders without class folders are an error`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "train")
        try folder.pictures(2, in: "test")
        let named = folder.path + "/test"
        #expect(
            failure(folder.path)?.description == """
                \(named): pictures lie in the split folder itself; there are no class folders
                Put the pictures of each class into a folder of its own: \(named)/CLASS/picture.jpg
                """)
        let other = try TemporaryFolder()
        other.folder("train")
        #expect(
            failure(other.path)?.description == """
                \(other.path): the folders train hold no class folders and no pictures
                Each wants one folder of pictures for each class.
                """)
    }

    @Test func `class folders without any picture are an error`() throws {
        let folder = try TemporaryFolder()
        folder.folder("cat")
        try folder.write("dog/notes.txt")
        #expect(
            failure(folder.path)?.description == """
                \(folder.path): no class folder holds a picture
                Pictures are files whose names end in .jpg, .jpeg, .png or .webp.
                """)
    }

    @Test func `one class is an error that names it`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "cat")
        folder.folder("dog")
        #expect(
            failure(folder.path)?.description == """
                \(folder.path): there is only one class, cat; a classifier needs two or more
                If the class folders lie deeper, give the folder right above them.
                """)
    }

    @Test func `two folders for one split are an error`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/a", "train/b", "val/a", "valid/a"] { try folder.pictures(1, in: name) }
        #expect(
            failure(folder.path)?.description == """
                \(folder.path): val and valid both mean the validation split
                Keep one of them, or move their class folders together.
                """)
    }

    @Test func `a class that was never learned is an error that says which`() throws {
        let folder = try TemporaryFolder()
        for name in ["train/Cat", "train/dog", "test/Cat", "test/dog"] { try folder.pictures(1, in: name) }
        try folder.pictures(2, in: "test/cat")
        try folder.pictures(3, in: "test/tulip")
        let error = failure(folder.path)
        #expect(error?.kind == .data)
        #expect(
            error?.description == """
                \(folder.path): the test split has classes that training does not have: cat (2 pictures; training has \
                Cat), tulip (3 pictures)
                Add pictures of it to train, remove it from test, or give both folders the same name.
                """)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a folder that may not be read is an error`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(2, in: "cat")
        try folder.pictures(2, in: "dog")
        defer { chmod(folder.path + "/dog", 0o755) }
        for mode: mode_t in [0, 0o444] {  // 4: may be listed, but nothing in it may be looked at
            chmod(folder.path + "/dog", mode)
            #expect(
                failure(folder.path)?.description == """
                    \(folder.path)/dog: the folder cannot be read: Permission denied
                    Check who may read it: ls -ld '\(folder.path)/dog'
                    """)
        }
    }

    @Test func `a file that has gone is named when its content is asked for`() throws {
        let folder = try TemporaryFolder()
        try folder.pictures(1, in: "cat")
        try folder.pictures(1, in: "dog")
        let source = try #require(try DataSet.open(folder.path, options: .undivided).splits[.training])
        unlink(folder.path + "/dog/0.jpg")
        let error = #expect(throws: Failure.self) { try source.content(at: 1) }
        #expect(error?.kind == .data)
        #expect(
            error?.description == "\(folder.path)/dog/0.jpg: the file cannot be opened: No such file or directory")
    }
}
