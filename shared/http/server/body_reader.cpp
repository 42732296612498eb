#include "shared/http/server/body_reader.h"

#include "shared/http/field_syntax.h"

#include <algorithm>
#include <charconv>

namespace perennial::http {

namespace {

constexpr std::size_t lineLimit = 256;     // a chunk's size with its extensions
constexpr std::size_t trailerLimit = 4096; // all of them

} // namespace

BodyReader::BodyReader(const RequestHead& head, std::size_t limit)
    : part_(head.chunked ? Part::ChunkSize : Part::Data), chunked_(head.chunked), limit_(limit),
      left_(head.contentLength)
{
    if (!chunked_ && left_ == 0) part_ = Part::Done;
}

BodyReader::State BodyReader::take(std::string_view input, std::size_t& used)
{
    const std::size_t before = input.size();
    State state = State::More;
    if (!chunked_ && left_ > limit_ - std::min(limit_, body_.size())) return State::TooLarge;
    while (state == State::More && part_ != Part::Done) {
        const std::size_t had = input.size();
        const Part was = part_;
        state = part_ == Part::Data ? takeData(input) : takeLine(input);
        if (input.size() == had && part_ == was) break; // needs more
    }
    used = before - input.size();
    return state == State::More && part_ == Part::Done ? State::Complete : state;
}

BodyReader::State BodyReader::takeData(std::string_view& input)
{
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    body_.append(input.substr(0, size));
    input.remove_prefix(size);
    left_ -= size;
    if (left_ == 0) part_ = chunked_ ? Part::ChunkEnd : Part::Done;
    return State::More;
}

BodyReader::State BodyReader::takeLine(std::string_view& input)
{
    const auto end = input.find("\r\n");
    const std::size_t most = part_ == Part::Trailer ? trailerLimit - trailerBytes_ : lineLimit;
    if (std::min(end, input.size()) > most) return State::Malformed;
    if (end == std::string_view::npos) return State::More;
    const auto line = input.substr(0, end);
    input.remove_prefix(end + 2);
    if (!isFieldValue(line)) return State::Malformed;
    switch (part_) {
    case Part::ChunkSize: return takeChunkSize(line);
    case Part::ChunkEnd:
        part_ = Part::ChunkSize;
        return line.empty() ? State::More : State::Malformed;
    default: // a trailer: nobody asked for it
        trailerBytes_ += line.size();
        if (line.empty()) part_ = Part::Done;
        return State::More;
    }
}

BodyReader::State BodyReader::takeChunkSize(std::string_view line)
{
    const char* const start = line.data();
    const auto [stop, error] = std::from_chars(start, start + line.size(), left_, 16);
    const auto digits = static_cast<std::size_t>(stop - start);
    const bool extended = digits < line.size() && (line[digits] == ';' || line[digits] == ' ');
    if (error != std::errc() || digits > 8 || (digits < line.size() && !extended))
        return State::Malformed;
    if (left_ > limit_ - body_.size()) return State::TooLarge;
    part_ = left_ == 0 ? Part::Trailer : Part::Data;
    return State::More;
}

} // namespace perennial::http
