// How a process ends that a library aborts while it keeps Python's lock: a thread of Python's own
// could say nothing then.
#include "simd.hpp"

#ifndef _WIN32
#include <csignal>
#include <ctime>
#include <unistd.h>

namespace {

constexpr time_t kPatience = 3;  // seconds, in which whoever knows more may say it and end it

struct Text {
    int descriptor;
    const char* words;
    size_t length;
};

Text sentence = {-1, nullptr, 0};
Text answer = {1, nullptr, 0};
int code = 1;
struct sigaction former;

void say(const Text& text) {
    size_t done = 0;
    while (done < text.length) {
        const ssize_t now = write(text.descriptor, text.words + done, text.length - done);
        if (now <= 0) return;
        done += static_cast<size_t>(now);
    }
}

// Calls nothing but what a signal's handler may.
void end(int) {
    timespec left = {kPatience, 0};
    while (nanosleep(&left, &left) != 0) {
    }
    say(sentence);
    say(answer);
    _exit(code);
}

}  // namespace

// From now on an abort writes these texts, which the caller keeps, to a descriptor and to standard
// output, and ends the process with that code.
ENGINE_EXPORT void engine_say_at_abort(int descriptor, const char* words, size_t length,
                                       const char* told, size_t bytes, int exit_code) {
    sentence = {descriptor, words, length};
    answer = {1, told, bytes};
    code = exit_code;
    struct sigaction action = {};
    action.sa_handler = end;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &former);
}

// What an abort does is what it was before.
ENGINE_EXPORT void engine_abort_as_before() { sigaction(SIGABRT, &former, nullptr); }
#endif
