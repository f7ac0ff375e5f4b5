# One place for what every translation unit is compiled with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(HELIX_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" ON)
set(HELIX_SANITIZE "" CACHE STRING "Value for -fsanitize= (address,undefined or thread)")

# The gate decides in 128-bit integers, which -Wpedantic reports; the header that names the type silences it there.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual)
if(HELIX_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()
if(HELIX_SANITIZE)
  # With sanitizers GCC 12 takes std::regex's own temporaries for uninitialized.
  add_compile_options(-fsanitize=${HELIX_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${HELIX_SANITIZE})
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
