# tests/property/message_*.c: programs that hold the library to its promises on message files, which
# tests/suites/every_cut.py and malformed.py make.
foreach(program message_cuts message_mutations)
  add_executable(${program} tests/property/${program}.c)
  target_include_directories(${program} PRIVATE include)
  target_link_libraries(${program} PRIVATE smime_static)
endforeach()
