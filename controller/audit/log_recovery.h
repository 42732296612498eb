#pragma once

#include "controller/audit/log_writer.h"

namespace perennial::controller {

// Finds out what is safely in the files of a log that nobody is writing, and puts right what a
// crash can have left: a record or note that is not whole, records without leaves, a newest
// checkpoint that is not yet in its own file. Anything else is Corrupt, and nothing is changed.
Result<LogState> recoverLog(FileSystem& files, const audit::LogFiles& log,
    const audit::NoteVerifier& verifier, const LogWriter::Opening& opening);

} // namespace perennial::controller
