#include "controller/cli/renewal_text.h"

#include "controller/cli/json_text.h"

#include <algorithm>
#include <array>

namespace perennial::cli {

namespace {

std::string padded(std::string text, std::size_t width)
{
    while (widthOf(text) < width)
        text += ' ';
    return text;
}

std::string secondsOf(std::int64_t milliseconds)
{
    return std::to_string(milliseconds / 1000) + "." + std::to_string(milliseconds % 1000 / 100) +
           " s";
}

Style styleOfOutcome(const std::string& outcome)
{
    return outcome == "failure" || outcome == "denied" ? Style::Bad : Style::Plain;
}

} // namespace

bool hasEnded(const std::string& state)
{
    constexpr std::array<std::string_view, 4> ends = {
        "completed", "rolled_back", "abandoned", "already_done"};
    return std::find(ends.begin(), ends.end(), state) != ends.end();
}

Style styleOfState(const std::string& state)
{
    if (state == "completed" || state == "already_done") return Style::Good;
    return hasEnded(state) ? Style::Bad : Style::Plain;
}

std::string endOf(const Json& renewal)
{
    const auto state = textOf(renewal, "state");
    auto text = state;
    if (const auto took = numberOf(renewal, "milliseconds"); took > 0)
        text += " in " + secondsOf(took);
    const auto serial = textOf(renewal, "new_serial");
    if (!serial.empty() && state == "completed")
        text += ": serial " + textOf(renewal, "old_serial") + " is replaced by " + serial;
    else if (!serial.empty())
        text += ", new serial " + serial;
    if (const auto message = textOf(renewal, "message"); !message.empty()) text += ": " + message;
    return text;
}

std::string eventLine(const Json& event, const Terminal& terminal)
{
    const auto outcome = textOf(event, "outcome");
    auto text = padded(textOf(event, "seq"), 6) + "  " + padded(timeOf(event, "time"), 16) + "  " +
                padded(textOf(event, "kind"), 26) + "  ";
    auto who = textOf(event, "host");
    if (const auto actor = textOf(event, "actor.type"); actor == "human")
        who += (who.empty() ? "" : " ") + ("by " + textOf(event, "actor.id"));
    if (const auto name = textOf(event, "certificate.subject"); !name.empty())
        who += (who.empty() ? "" : "  ") + name;
    text += who;
    if (outcome != "success") text += "  " + outcome;
    if (const auto reason = textOf(event, "reason"); !reason.empty()) text += ": " + reason;
    while (text.back() == ' ')
        text.pop_back();
    if (terminal.isTerminal) text = cutTo(text, terminal.width);
    return coloured(text, styleOfOutcome(outcome), terminal) + "\n";
}

} // namespace perennial::cli
