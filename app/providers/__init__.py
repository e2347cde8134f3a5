"""One module a wire protocol, the baselines, and the gguf child process: all behind `app.domain.chat.Provider`."""
