# frozen_string_literal: true

# Serves a Rack application on a free port of the loopback interface, a thread for each request.

require "fileutils"
require "json"
require "rack"
require "webrick"

module Serve
  # Says that the request is here, and waits until it may go on.
  def self.meet
    here = ENV.fetch("MEET")
    FileUtils.touch("#{here}/started")
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60
    until File.exist?("#{here}/go-on")
      abort "nobody let the request go on" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      sleep 0.01
    end
  end

  def self.run(application)
    log = WEBrick::Log.new($stderr, WEBrick::Log::WARN)
    server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: 0, Logger: log, AccessLog: [])
    server.mount("/", Rack::Handler::WEBrick, application)
    trap("TERM") { server.shutdown }
    $stdout.puts "serving http://127.0.0.1:#{server.listeners.first.addr[1]}"
    $stdout.flush
    server.start
  end
end
