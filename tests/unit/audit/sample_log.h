#pragma once

#include "shared/audit/checkpoint.h"
#include "shared/base/json.h"
#include "tests/support/memory_files.h"

#include <string>
#include <vector>

namespace perennial::test {

// A log folder written line by line, without the product's writer, so that tests can also write one
// as it must not be.
class SampleLog {
public:
    explicit SampleLog(const std::string& origin = "controller.example.test/audit");

    static std::string recordFor(std::int64_t sequence, const std::string& kind = "scan.completed",
        const Json::Object& details = {});
    void add(const std::string& record);
    void setBack(std::int64_t size) { size_ = size; } // the files are the caller's to cut
    void addRecords(int count,
        const std::string& kind = "scan.completed"); // the next ones, each as it should be
    std::string note() const;                        // of what is there now
    void sign(const std::string& note);
    void sign() { sign(note()); }

    std::string& operator[](const std::string& name) { return files.content["/log/" + name]; }
    std::int64_t size() const { return size_; }
    const audit::NoteSigner& signer() const { return signer_; }
    const audit::NoteVerifier& verifier() const { return signer_.verifier(); }

    int perSegment = 1000;
    MemoryFiles files;

private:
    audit::NoteSigner signer_;
    std::int64_t size_ = 0;
};

} // namespace perennial::test
