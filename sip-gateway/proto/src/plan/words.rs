//! The plan's steps and problems in the words of administrators, French and English.

use super::code::ShortCode;
use super::explain::{Step, Where};
use super::problems::Problem;
use super::route::{Refusal, Route};
use super::{Class, DigestAlgorithm};

/// In which language people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// French.
    #[default]
    French,
    /// English.
    English,
}

use Language::{English, French};

impl Class {
    /// How people call it.
    #[must_use]
    pub fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::None, French) => "aucun appel",
            (Self::None, English) => "no calls",
            (Self::Internal, French) => "appels internes",
            (Self::Internal, English) => "internal calls",
            (Self::National, French) => "appels nationaux",
            (Self::National, English) => "national calls",
            (Self::International, French) => "appels internationaux",
            (Self::International, English) => "international calls",
        }
    }
}

impl Step {
    /// The step in a sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let unknown_post = match language {
            French => "un poste inconnu",
            English => "an unknown post",
        };
        match (self, language) {
            (Self::Caller { number, name, post }, French) => {
                format!(
                    "Le poste téléphonique {number} ({name}) appelle depuis {}.",
                    post.as_deref().unwrap_or(unknown_post)
                )
            }
            (Self::Caller { number, name, post }, English) => {
                format!("Extension {number} ({name}) calls from {}.", post.as_deref().unwrap_or(unknown_post))
            }
            (Self::Trunk { name }, French) => format!("L’appel arrive par la ligne « {name} »."),
            (Self::Trunk { name }, English) => format!("The call comes in by the trunk “{name}”."),
            (Self::Emergency { number, post }, French) => {
                format!(
                    "{number} est un numéro d’urgence de {post} : l’appel sort toujours, par une ligne de {post}."
                )
            }
            (Self::Emergency { number, post }, English) => {
                format!(
                    "{number} is an emergency number of {post}: the call always goes out, by a trunk of {post}."
                )
            }
            (Self::Inside { kind, number, name, post }, _) => {
                let post = post.as_deref().unwrap_or(unknown_post);
                match (kind, language) {
                    (Where::Extension, French) => {
                        format!("{number} est le poste téléphonique de {name}, {post}.")
                    }
                    (Where::Extension, English) => format!("{number} is the extension of {name}, {post}."),
                    (Where::Group, French) => format!("{number} est le groupe {name}, {post}."),
                    (Where::Group, English) => format!("{number} is the group {name}, {post}."),
                    (Where::Conference, French) => {
                        format!("{number} est le numéro des réunions : le code PIN désigne la réunion.")
                    }
                    (Where::Conference, English) => {
                        format!("{number} is the number of meetings: the PIN says which one.")
                    }
                    (Where::Meeting, French) => format!("{number} est le numéro de la réunion « {name} »."),
                    (Where::Meeting, English) => format!("{number} is the number of the meeting “{name}”."),
                }
            }
            (Self::Code(code), _) => code.sentence(language),
            (Self::NotInside { number }, French) => {
                format!("Aucun poste, groupe, réunion ou code n’est {number}.")
            }
            (Self::NotInside { number }, English) => {
                format!("No extension, group, meeting or code is {number}.")
            }
            (Self::OutsidePrefix { prefix }, French) => format!("{prefix} est le préfixe de sortie."),
            (Self::OutsidePrefix { prefix }, English) => format!("{prefix} is the outside prefix."),
            (Self::Completed { formerly, number }, French) => {
                format!("{formerly} est un ancien numéro, devenu {number}.")
            }
            (Self::Completed { formerly, number }, English) => {
                format!("{formerly} is an old number, which has become {number}.")
            }
            (Self::Public { number, dialled_in, country }, French) => match country {
                Some(country) => format!("Composé comme en {dialled_in}, c’est {number}, pays {country}."),
                None => format!(
                    "Composé comme en {dialled_in}, c’est {number}, d’un plan de numérotation inconnu."
                ),
            },
            (Self::Public { number, dialled_in, country }, English) => match country {
                Some(country) => format!("Dialled as in {dialled_in} it is {number}, country {country}."),
                None => format!("Dialled as in {dialled_in} it is {number}, of an unknown numbering plan."),
            },
            (Self::Service { number, country }, French) => {
                format!(
                    "{number} peut être un numéro court en {country} : il sort par une ligne du même poste."
                )
            }
            (Self::Service { number, country }, English) => {
                format!(
                    "{number} may be a short number in {country}: it goes out by a trunk of the same post."
                )
            }
            (Self::OwnNumber { number }, French) => format!("{number} est un numéro à nous."),
            (Self::OwnNumber { number }, English) => format!("{number} is a number of ours."),
            (Self::AnyNumber, French) => {
                "Les numéros de la ligne qui n’ont pas de destination propre en ont une commune.".to_owned()
            }
            (Self::AnyNumber, English) => {
                "Numbers of the trunk without a destination of their own have one in common.".to_owned()
            }
            (Self::NotOurs { number }, French) => format!("{number} n’est aucun numéro de cette ligne."),
            (Self::NotOurs { number }, English) => format!("{number} is no number of this trunk."),
            (Self::Class { class, premium: false }, French) => {
                format!("Cela relève des {}.", class.word(French))
            }
            (Self::Class { class, premium: false }, English) => {
                format!("It counts among {}.", class.word(English))
            }
            (Self::Class { class, premium: true }, French) => {
                format!("C’est un numéro surtaxé, qui relève des {}.", class.word(French))
            }
            (Self::Class { class, premium: true }, English) => {
                format!("It is a premium rate number, which counts among {}.", class.word(English))
            }
            (Self::Rights { has, needs, granted }, French) => format!(
                "Droits de l’appelant : {} ; il faut : {}. {}.",
                has.word(French),
                needs.word(French),
                if *granted { "C’est permis" } else { "Ce n’est pas permis" }
            ),
            (Self::Rights { has, needs, granted }, English) => format!(
                "The caller’s rights: {}; it takes: {}. {}.",
                has.word(English),
                needs.word(English),
                if *granted { "This is allowed" } else { "This is not allowed" }
            ),
            (Self::Route { prefix, post }, French) => {
                let whose =
                    post.as_ref().map_or("de tous les postes".to_owned(), |post| format!("de {post}"));
                match prefix.is_empty() {
                    true => format!("La route générale {whose} s’applique."),
                    false => format!("La route {prefix} {whose} s’applique."),
                }
            }
            (Self::Route { prefix, post }, English) => {
                let whose = post.as_ref().map_or("every post".to_owned(), Clone::clone);
                match prefix.is_empty() {
                    true => format!("The general route of {whose} applies."),
                    false => format!("The route {prefix} of {whose} applies."),
                }
            }
            (Self::TrunkMayNot { trunk, needs }, French) => {
                format!("La ligne « {trunk} » est laissée de côté : pas d’{} par elle.", needs.word(French))
            }
            (Self::TrunkMayNot { trunk, needs }, English) => {
                format!("The trunk “{trunk}” is left out: no {} over it.", needs.word(English))
            }
            (Self::Way { trunk, number, caller_id }, French) => {
                let shown = caller_id
                    .as_ref()
                    .map_or("sans numéro affiché".to_owned(), |id| format!("en affichant {id}"));
                format!("La ligne « {trunk} » sera essayée, avec {number}, {shown}.")
            }
            (Self::Way { trunk, number, caller_id }, English) => {
                let shown =
                    caller_id.as_ref().map_or("showing no number".to_owned(), |id| format!("showing {id}"));
                format!("The trunk “{trunk}” will be tried, with {number}, {shown}.")
            }
        }
    }
}

impl ShortCode {
    fn sentence(&self, language: Language) -> String {
        let forward = |what: (&str, &str), number: &Option<String>| match (language, number) {
            (French, Some(number)) => format!("Le code renvoie {} vers {number}.", what.0),
            (French, None) => format!("Le code met fin au renvoi ({}).", what.0),
            (English, Some(number)) => format!("The code forwards {} to {number}.", what.1),
            (English, None) => format!("The code ends forwarding of {}.", what.1),
        };
        let (french, english) = match self {
            Self::ForwardAlways(number) => return forward(("tous les appels", "all calls"), number),
            Self::ForwardBusy(number) => {
                return forward(("les appels sur occupation", "calls while busy"), number);
            }
            Self::ForwardNoAnswer(number, _) => {
                return forward(("les appels sans réponse", "calls nobody takes"), number);
            }
            Self::DirectedPickup(number) => {
                return match language {
                    French => format!("Le code prend l’appel qui sonne chez {number}."),
                    English => format!("The code takes the call that rings at {number}."),
                };
            }
            Self::GroupPickup => (
                "Le code prend un appel qui sonne dans le groupe d’interception.",
                "The code takes a call that rings in the pickup group.",
            ),
            Self::DoNotDisturb(true) => {
                ("Le code demande à ne pas être dérangé.", "The code asks not to be disturbed.")
            }
            Self::DoNotDisturb(false) => {
                ("Le code permet d’être dérangé.", "The code allows to be disturbed.")
            }
            Self::Mailbox => {
                ("Le code donne à entendre les messages reçus.", "The code plays the messages received.")
            }
            Self::EchoTest => ("Le code renvoie ce que l’on dit.", "The code says back what is said."),
        };
        if language == French { french.to_owned() } else { english.to_owned() }
    }
}

impl Route {
    /// What follows, in a sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match (self, language) {
            (Self::Extension(number) | Self::Group(number), French) => {
                format!("L’appel sonne chez {number}.")
            }
            (Self::Extension(number) | Self::Group(number), English) => {
                format!("The call rings at {number}.")
            }
            (Self::Conference(_), French) => "L’appelant compose le code PIN de sa réunion.".to_owned(),
            (Self::Conference(_), English) => "The caller types the PIN of the meeting.".to_owned(),
            (Self::Meeting { .. }, French) => "L’appel mène à la porte de la réunion.".to_owned(),
            (Self::Meeting { .. }, English) => "The call leads to the door of the meeting.".to_owned(),
            (Self::Code(_), French) => "Le code est exécuté.".to_owned(),
            (Self::Code(_), English) => "The code is carried out.".to_owned(),
            (Self::Outside(outside), French) => format!("L’appel sort vers {}.", outside.number),
            (Self::Outside(outside), English) => format!("The call goes out to {}.", outside.number),
            (Self::Emergency { ways, .. }, French) if ways.is_empty() => {
                "L’appel d’urgence ne peut pas sortir : le poste n’a aucune ligne.".to_owned()
            }
            (Self::Emergency { ways, .. }, English) if ways.is_empty() => {
                "The emergency call cannot go out: the post has no trunk.".to_owned()
            }
            (Self::Emergency { number, .. }, French) => format!("L’appel d’urgence sort vers {number}."),
            (Self::Emergency { number, .. }, English) => format!("The emergency call goes out to {number}."),
            (Self::Refused(refusal), _) => refusal.sentence(language),
        }
    }
}

impl Refusal {
    /// Why, in a sentence.
    #[must_use]
    pub fn sentence(self, language: Language) -> String {
        let (french, english) = match self {
            Self::UnknownCaller => ("L’appelant est inconnu.", "The caller is unknown."),
            Self::NoSuchNumber => ("Ce numéro n’existe pas.", "There is no such number."),
            Self::PrefixMissing => ("Il manque le préfixe de sortie.", "The outside prefix is missing."),
            Self::NoRoute => ("Aucune route ne mène à ce numéro.", "No route leads to this number."),
            Self::NoTrunk => ("Aucune ligne ne peut porter cet appel.", "No trunk may carry this call."),
            Self::BadForward => {
                ("Un renvoi vers ce numéro est impossible.", "Calls cannot be forwarded to this number.")
            }
            Self::NotOurs => ("Ce numéro ne mène à personne chez nous.", "This number leads to nobody here."),
            Self::Rights { needs } => {
                return match language {
                    French => format!("L’appel est refusé : il y faut le droit aux {}.", needs.word(French)),
                    English => format!("The call is refused: it takes the right to {}.", needs.word(English)),
                };
            }
        };
        if language == French { french.to_owned() } else { english.to_owned() }
    }
}

impl Problem {
    /// The problem in a sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let (french, english) = match self {
            Self::NoRealm => ("Le domaine est vide.".to_owned(), "The realm is empty.".to_owned()),
            Self::DuplicateNumber { number } => (
                format!("Le numéro {number} est attribué plusieurs fois."),
                format!("The number {number} is given more than once."),
            ),
            Self::DuplicateUsername { username } => (
                format!("Le nom d’utilisateur {username} est attribué plusieurs fois."),
                format!("The user name {username} is given more than once."),
            ),
            Self::DuplicatePublicNumber { number } => (
                format!("Le numéro public {number} a plusieurs destinations."),
                format!("The public number {number} has more than one destination."),
            ),
            Self::UnknownPost { of } => {
                (format!("Le poste de {of} n’existe pas."), format!("The post of {of} does not exist."))
            }
            Self::UnknownCountry { post, country } => (
                format!("{post} : le pays {country} n’existe pas."),
                format!("{post}: there is no country {country}."),
            ),
            Self::UnknownTrunk { of } => (
                format!("{of} nomme une ligne qui n’existe pas."),
                format!("{of} names a trunk that does not exist."),
            ),
            Self::UnknownTarget { of, target } => (
                format!("{of} mène à {target}, qui n’existe pas."),
                format!("{of} leads to {target}, which does not exist."),
            ),
            Self::EmergencyShadows { post, number } => (
                format!(
                    "{post} : {number} est un numéro d’urgence et ne joindra jamais ce poste, ce groupe ou cette réunion."
                ),
                format!(
                    "{post}: {number} is an emergency number and will never reach this extension, group or meeting."
                ),
            ),
            Self::NoEmergencyNumber { post } => {
                (format!("{post} n’a aucun numéro d’urgence."), format!("{post} has no emergency number."))
            }
            Self::NoTrunkForEmergency { post } => (
                format!("{post} n’a aucune ligne pour ses appels d’urgence."),
                format!("{post} has no trunk for its emergency calls."),
            ),
            Self::NotE164 { of, number } => (
                format!("{of} : {number} n’est pas un numéro international avec son plus."),
                format!("{of}: {number} is not an international number with its plus."),
            ),
            Self::CodeHidden { number } => (
                format!("{number} est écrit comme un code et peut en cacher un."),
                format!("{number} is written like a code and may hide one."),
            ),
            Self::BadForward { extension, target } => (
                format!("{extension} renvoie vers {target}, qui ne mène nulle part."),
                format!("{extension} forwards to {target}, which leads nowhere."),
            ),
            Self::ForwardLoop { extension } => (
                format!("Les renvois de {extension} tournent en rond."),
                format!("Forwarding of {extension} goes round in circles."),
            ),
            Self::BadHa1 { username, algorithm } => {
                let name = match algorithm {
                    DigestAlgorithm::Md5 => "MD5",
                    DigestAlgorithm::Sha256 => "SHA-256",
                };
                (
                    format!(
                        "Le mot de passe de {username} n’est pas enregistré en {name} : il ne sera jamais accepté."
                    ),
                    format!("The password of {username} is not stored as {name}: it will never be accepted."),
                )
            }
            Self::NoCredentials { trunk } => (
                format!("La ligne « {trunk} » doit s’enregistrer mais n’a pas d’identifiants."),
                format!("The trunk “{trunk}” is to register but has no credentials."),
            ),
        };
        if language == French { french } else { english }
    }
}
