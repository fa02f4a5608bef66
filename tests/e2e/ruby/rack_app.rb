# frozen_string_literal: true

# An application on Rack alone: Rack::Session::Redis of redis-rack for its sessions, Warden for its logins. $FOREVER
# leaves the sessions without an end, as they are unless the application says otherwise.

require "redis-rack"
require "warden"

require_relative "serve"

Warden::Manager.serialize_into_session { |user| user }
Warden::Manager.serialize_from_session { |id| id }

act = lambda do |env|
  warden = env["warden"]
  session = env["rack.session"]
  request = Rack::Request.new(env)
  case request.path
  when "/login" then warden.set_user(request.params["user"])
  when "/visit" then session["cart"] = [{ sku: "tea", since: Time.utc(2024, 5, 17, 8, 30) }]
  when "/slow"
    session.to_h
    Serve.meet
  end
  [200, { "Content-Type" => "application/json" }, [JSON.generate(user: warden.user)]]
end

address = { path: ENV.fetch("SOCKET"), namespace: "rack:session" }
options = { redis_server: address, expire_after: ENV["FOREVER"] ? nil : 3600, key: "rack.session" }
Serve.run(Rack::Builder.app do
  use Rack::Session::Redis, options
  use Warden::Manager
  run act
end)
