package import Policy

/// The whole configuration, refined: every name resolved, every default filled in, every unit a type.
///
/// Nothing downstream sees YAML. Secrets have been read from where they were referenced.
package struct Settings: Sendable, Equatable {
  package var server = Server()
  package var admin = Admin()
  package var state = State()
  /// Nil: no answer is kept.
  package var cache: Cache?
  package var providers: [Provider] = []
  package var deployments: [Deployment] = []
  package var models: [Model] = []
  package var breaker = Breaker()
  package var queue = Queue()
  package var routing = Routing()
  package var auth = Auth()
  package var tenants: [Tenant] = []
  /// Versions of models, those of one model beside each other.
  package var bundles: [Bundle] = []
  package var rollout = Rollout()
  package var telemetry = Telemetry()
  /// What the document asks for and this version can't do yet: accepted by `check`, refused by `serve`.
  package var unbuilt: [Unbuilt] = []
  /// Where what the document names by file was read from: when one of them changes, so does this value.
  package var files: [String] = []

  package init() {}
}

extension Settings {
  package struct Server: Sendable, Equatable {
    package var port = 8080
    package var host = "0.0.0.0"
    /// Where this replica stands, as endpoints say where they do.
    package var zone: String?
    /// Event loops; nil is one per core.
    package var workers: Int?
    package var maxBody = Bytes(32 << 20)
    /// Bodies held at once in this process.
    package var maxBuffered = Bytes(512 << 20)
    /// From the first byte of a request to the last of its answer.
    package var requestTimeout: Duration = .seconds(600)
    /// From the start of an attempt to the first byte of its answer.
    package var firstByteTimeout = FirstByteTimeout()
    package var connectTimeout: Duration = .seconds(5)
    /// A whole request head must have come within this.
    package var headerTimeout: Duration = .seconds(10)
    /// A request body must have come within this, plus a second for every 16 KiB received.
    package var bodyTimeout: Duration = .seconds(30)
    /// Keep-alive connections between requests, and peers that neither read nor write.
    package var idleTimeout: Duration = .seconds(75)
    /// How long a replica that was told to end still takes connections, so that those who send them learn of it.
    package var drainNotice: Duration = .milliseconds(500)
    package var drainTimeout: Duration = .seconds(90)
    package var tls: TLS?
  }

  /// Streams answer within seconds; a plain answer's first byte is its last, so it has the whole request's time
  /// unless the document says otherwise.
  package struct FirstByteTimeout: Sendable, Equatable {
    package var stream: Duration = .seconds(30)
    package var plain: Duration = .seconds(600)
  }

  package struct TLS: Sendable, Equatable {
    package var certificateFile: String
    package var keyFile: String
    package var clientCAFile: String?
  }

  package struct Admin: Sendable, Equatable {
    package var port = 8081
    package var host = "127.0.0.1"
    package var token: Secret?
  }

  /// A wire dialect with its base URLs and credentials.
  package struct Provider: Sendable, Equatable {
    package enum Dialect: String, Sendable, CaseIterable {
      case openai, anthropic, ollama, gemini
      case openInference = "open-inference"
    }
    package enum StreamUsage: String, Sendable, CaseIterable { case inject, none }
    /// How a provider of OpenAI's dialect calls the limit of an answer's tokens, in requests that are translated for it.
    package enum OutputLimit: String, Sendable, CaseIterable {
      case maxCompletionTokens = "max_completion_tokens"
      case maxTokens = "max_tokens"
    }

    package var name: String
    package var dialect: Dialect
    /// Base URLs, each with its own weight; `base_url` is one of weight 1.
    package var endpoints: [Endpoint]
    /// Where endpoints come from that the document doesn't list.
    package var discovery: Discovery?
    /// How its endpoints are checked; nil: they are not.
    package var health: Health?
    /// Credentials; empty where the provider wants none. Endpoints at run time are endpoints × keys.
    package var keys: [Secret]
    /// Whether `stream_options.include_usage` is asked for on streams whose client did not.
    package var streamUsage: StreamUsage = .inject
    package var outputLimit: OutputLimit = .maxCompletionTokens
    /// Azure's `api-version`: with one the key is sent as Azure wants it; nil elsewhere.
    package var apiVersion: String?
    package var caFile: String?
    package var clientCertificateFile: String?
    package var clientKeyFile: String?
    /// Where its endpoints say how loaded they are.
    package var load: Load?
    /// Requests that each of its endpoints takes at a time; nil: as many as come.
    package var maxConcurrent: Int?
    /// Egress proxy, `http://host:port`.
    package var proxy: String?
    /// What one credential may use, each for itself.
    package var limits: [Limit] = []
  }

  /// vLLM's gauges in Prometheus' text.
  package struct Load: Sendable, Equatable {
    /// At the endpoint's host.
    package var path = "/metrics"
    /// Time between two looks.
    package var every: Duration = .seconds(1)

    package init() {}
  }

  /// Endpoints by name service.
  package struct Discovery: Sendable, Equatable {
    package enum Scheme: String, Sendable, CaseIterable { case http, https }

    /// `host:port`: every address of the host is an endpoint. `_service._tcp.domain`: those of the hosts that its SRV records name.
    package var dns: String
    /// Time between look-ups.
    package var every: Duration = .seconds(5)
    package var scheme = Scheme.http
    /// Of every endpoint's URL, up to and with the API's version.
    package var path = "/v1"

    /// Whether the same is found by both, however often it is looked for.
    package func findsSame(as other: Discovery) -> Bool {
      dns == other.dns && scheme == other.scheme && path == other.path
    }
  }

  /// What was found in one way.
  package struct Found: Sendable {
    package var how: Discovery
    package var endpoints: [Endpoint]

    package init(how: Discovery, endpoints: [Endpoint]) { (self.how, self.endpoints) = (how, endpoints) }
  }

  /// Checks of each endpoint over HTTP.
  package struct Health: Sendable, Equatable {
    /// From the root of the endpoint's host; answers 2xx where all is well.
    package var path = ""
    /// From one check to the next.
    package var every: Duration = .seconds(5)
    package var timeout: Duration = .seconds(2)
    /// Failures in a row until an endpoint is left out.
    package var unhealthyAfter = 3
    /// Successes in a row until it is back.
    package var healthyAfter = 2
  }

  package struct Endpoint: Sendable, Equatable {
    /// Without a trailing slash, `https://api.openai.com/v1`.
    package var url: String
    /// Where to connect, where that was looked up: `10.0.0.5:8000`. Never written in a document.
    package var address: String?
    package var weight = 1
    /// In place of the provider's.
    package var maxConcurrent: Int?
    package var zone: String?
    package var labels: [String: String] = [:]

    package init(url: String) { self.url = url }
  }

  /// One bundle at one provider.
  package struct Deployment: Sendable, Equatable {
    package var name: String
    package var provider: String
    /// The provider's own name of the model.
    package var model: String
    /// Tokens that fit; nil where unknown.
    package var context: Int?
    package var capabilities: [String] = []
    /// In the order of time; empty where it has none.
    package var prices: [Price] = []
    package var regions: [String] = []
    package var data: [String] = []
    /// What the provider allows, over all tenants.
    package var limits: [Limit] = []
  }

  package struct Model: Sendable, Equatable {
    package enum Balance: String, Sendable, CaseIterable {
      case leastConnections = "least_connections"
      case roundRobin = "round_robin"
      case random, weighted, latency, cost, resource, learned
    }
    /// What keeps requests at one endpoint, whose cache knows them.
    package enum Affinity: String, Sendable, CaseIterable { case none, session, prefix }

    package var name: String
    package var deployments: [WeightedDeployment]
    package var balance: Balance = .leastConnections
    /// Nil unless it is balanced by what is learned.
    package var learned: ChoiceTerms?
    package var affinity: Affinity = .none
    /// Models tried in order once no deployment of this one can answer.
    package var fallbacks: [String] = []
    package var retry = Retry()
    package var hedge: Hedge?
    /// Which of its answers are kept, where there is a cache.
    package var cached = Cached.deterministic
    package var aliases: [String] = []
    /// Over all tenants, by whatever name it is asked for.
    package var limits: [Limit] = []
  }

  package struct WeightedDeployment: Sendable, Equatable {
    package var name: String
    package var weight = 1
  }

  package struct Retry: Sendable, Equatable {
    /// Attempts of one exchange in all, fallbacks included.
    package var attempts = 3
    /// Retries as a share of requests, in percent.
    package var budget = 20
  }

  package struct Hedge: Sendable, Equatable {
    package enum After: Sendable, Equatable {
      /// Of the model's times to the first byte, in thousandths of a percent.
      case quantile(Int)
      case time(Duration)
    }

    package var after = After.quantile(95_000)
    /// Hedges as a share of requests, in millionths of a percent.
    package var budget = 2_000_000
  }

  package struct Routing: Sendable, Equatable {
    /// The model of a request that names none.
    package var defaultModel: String?
    /// The fallbacks of models that have none of their own.
    package var fallbacks: [String] = []
    /// The first whose condition holds decides.
    package var rules: [Rule] = []
    package var ensembles: [Ensemble] = []
    package var experiments: [Experiment] = []
    package var dataClasses: [DataClass] = []
    package var complexity = Complexity()
    /// Nil: nothing is looked at again.
    package var audit: Audit?
  }

  /// How hard a request is taken to be, from 0 to 1.
  package struct Complexity: Sendable, Equatable {
    package enum Method: String, Sendable, CaseIterable { case heuristic, learned }
    package var method = Method.heuristic
    /// Of the heuristic; thresholds are of both.
    package var rules = PromptRules()
    /// Nil: the one that comes with the router.
    package var classifier: Classifier?
  }

  /// A model that `switchyard train` wrote.
  package struct Classifier: Sendable, Equatable {
    package var path: String
    package var model: ComplexityModel
  }

  package struct Auth: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable { case keys, none }
    /// `keys` where tenants are declared, else `none`.
    package var mode: Mode = .none
    /// How long known keys stay good while the shared state can't be asked.
    package var staleMax: Duration = .seconds(600)
  }

  package struct Tenant: Sendable, Equatable {
    package var name: String
    package var tier: String?
    /// Names of data classes that all its requests have.
    package var dataClasses: [String] = []
    package var limits: [Limit] = []
    package var teams: [Team] = []
    package var keys: [Key] = []
  }

  package struct Team: Sendable, Equatable {
    package var name: String
    package var limits: [Limit] = []
  }

  package struct Key: Sendable, Equatable {
    package var id: String
    /// SHA-256 of the key, 32 bytes.
    package var sha256: [UInt8]
    package var team: String?
    /// The person or program behind the key, for limits `by: user`.
    package var user: String?
    /// Globs of model names; empty allows all.
    package var models: [String] = []
    package var limits: [Limit] = []
    /// The highest class in which its requests wait.
    package var priority = Priority.standard
    /// Which versions it may ask for by number.
    package var pins = PinRight.served
    /// Names of data classes that all its requests have.
    package var dataClasses: [String] = []

    package init(
      id: String, sha256: [UInt8], team: String? = nil, user: String? = nil, models: [String] = [],
      limits: [Limit] = []
    ) {
      self.id = id
      self.sha256 = sha256
      self.team = team
      self.user = user
      self.models = models
      self.limits = limits
    }
  }

  package struct Telemetry: Sendable, Equatable {
    package enum Log: String, Sendable, CaseIterable { case json, none }
    package var log: Log = .json
    /// Nil: none is kept.
    package var decisions: Decisions?
  }

  /// What is kept of requests, for whoever asks by their ids where they went.
  package struct Decisions: Sendable, Equatable {
    package var keep: Duration
    /// Of 100,000,000.
    package var sample: Int

    package init(keep: Duration = .seconds(3_600), sample: Int = 100_000_000) {
      (self.keep, self.sample) = (keep, sample)
    }
  }

  /// A part of the document whose feature this version has not got.
  package struct Unbuilt: Sendable, Equatable {
    /// `routing.rules`
    package var path: String
    package var line: Int
    package var column: Int
    /// What is missing, and what to do meanwhile.
    package var reason: String
  }
}
