# Parsing a JSON library or a test framework takes longer than compiling most of our files. With HELIX_PRECOMPILE (preset
# dev) they are parsed once. The release preset does without, which keeps each file's own includes complete.
option(HELIX_PRECOMPILE "Precompile the large headers of other projects" OFF)

# helix_precompiled(NAME HEADER LIBRARY [HEADER LIBRARY ...]): a set of headers, beside the standard ones that most include
function(helix_precompiled name)
  add_library(helix_precompiled_${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_precompile_headers(helix_precompiled_${name} PRIVATE <algorithm> <chrono> <functional> <map> <memory> <mutex>
    <optional> <string> <string_view> <thread> <unordered_map> <vector>)
  while(ARGN)
    list(POP_FRONT ARGN header library)
    target_precompile_headers(helix_precompiled_${name} PRIVATE <${header}>)
    target_link_libraries(helix_precompiled_${name} PRIVATE ${library})
  endwhile()
endfunction()

if(HELIX_PRECOMPILE)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "")
  # GCC 12 sees appended texts run over std::string's own buffer, once it no longer knows that the code is the system's.
  add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  helix_precompiled(json nlohmann/json.hpp nlohmann_json::nlohmann_json)
  helix_precompiled(cli nlohmann/json.hpp nlohmann_json::nlohmann_json CLI/CLI.hpp CLI11::CLI11)
  if(BUILD_TESTING)
    helix_precompiled(tests nlohmann/json.hpp nlohmann_json::nlohmann_json gtest/gtest.h GTest::gtest)
  endif()
endif()

# helix_precompile(TARGET json|cli|tests)
function(helix_precompile target which)
  if(HELIX_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM helix_precompiled_${which})
  endif()
endfunction()
